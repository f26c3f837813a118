/** Plots of series: in a terminal, in one line, and as an image. They are functions of the answers alone. */
export type { ImagePlotOptions, PlotChunk, TerminalPlotOptions } from './options.ts';
export { plotPng } from './png.ts';
export { sparkline, type SparklineOptions, trendLine, type TrendOptions } from './sparkline.ts';
export { plotSvg } from './svg.ts';
export { plotTerminal } from './terminal.ts';
