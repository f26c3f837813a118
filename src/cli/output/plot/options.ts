/** What a plot is made of, and how it looks. */
import type { Gap, SeriesChunk } from '../../../contract/series.ts';
import type { ScalarValue } from '../../../contract/values.ts';

/** A chunk of a series as `plotted`, `interpolated`, `aggregated` or `discrete` return it. */
export type PlotChunk = SeriesChunk & {
  /** Name for people in the legend. Default: the FQN. */
  name?: string | undefined;
  step?: boolean | undefined;
  holdsUntil?: string | undefined;
  gaps?: Gap[] | undefined;
  reducedBy?: 'driver' | 'server' | undefined;
  /** Of a statistic: its values are drawn as points, because a statistic is known at its stamps only. */
  method?: string | undefined;
  basis?: string | undefined;
  inState?: ScalarValue | undefined;
};

export interface PlotOptions {
  /** IANA name; the time axis shows the clock of this zone. */
  timeZone: string;
  /** Ends of the time axis in ISO 8601 UTC. Default: the first and the last time of the series. */
  from?: string | undefined;
  to?: string | undefined;
}

export interface TerminalPlotOptions extends PlotOptions {
  /** Size in cells. A plot of several units may be higher, see `MIN_PANEL_ROWS`. */
  width: number;
  height: number;
  color: boolean;
  /** False for terminals without UTF-8: everything but names and values is then ASCII. */
  unicode: boolean;
}

export type Theme = 'light' | 'dark';

export interface ImagePlotOptions extends PlotOptions {
  /** Size in pixels. */
  width: number;
  height: number;
  theme?: Theme | undefined;
  title?: string | undefined;
}
