/** Traces of the driver's work, as the rest of the driver sees them. */
import type { Logger } from '../../contract/log.ts';

export interface TracingOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly instance: string;
  readonly driverid: string | undefined;
  readonly logger: Logger;
}

/** Counts since the start. */
export interface TracingNumbers {
  /** Recorded spans that have ended. */
  spans: number;
  /** Spans that the receiver has accepted. The others wait, or are lost. */
  exported: number;
}

export interface Tracing {
  readonly numbers: TracingNumbers;
  /** Exports what waits, within the timeout, and ends. Never rejects. */
  close(timeoutMs: number): Promise<void>;
}
