/** Where the parts of an SVG image are. */
import type { Span } from './curve.ts';
import type { Colors } from './svg-elements.ts';
import type { TimeTick } from './time-axis.ts';

export interface Paper {
  span: Span;
  colors: Colors;
  /** The left and the right end of the time axis. */
  left: number;
  right: number;
  ticks: readonly TimeTick[];
}
