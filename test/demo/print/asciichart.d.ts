/** The part of asciichart that is used; the package brings no types. */
declare module 'asciichart' {
  export interface PlotOptions {
    min?: number;
    max?: number;
    height?: number;
    /** Column of the axis. */
    offset?: number;
    format?: (value: number) => string;
  }
  export function plot(series: readonly number[], options?: PlotOptions): string;
}
