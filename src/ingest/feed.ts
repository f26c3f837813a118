/** The interface of all feeds: start, stop, health and metrics. */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { Logger } from '../contract/log.ts';
import type { FeedHealth } from '../contract/health.ts';
import type { FeedMetrics } from '../contract/telemetry.ts';
import type { Clock } from '../lib/clock.ts';
import type { TimeLimits } from './source-timestamp.ts';
import type { ReadingsSink } from './readings-sink.ts';
import type { Origin } from './reading.ts';

/** One configured input of readings (or, for egress, output). */
export interface Feed {
  /** Starts and returns at once. External problems are reported in `health` and the log. Never throws. */
  start(): void;
  /**
   * Accepts no new messages, waits at most `deadlineMs` for those in progress, and disconnects. A message that is not
   * on the bus by then is not acknowledged, so its sender keeps it.
   */
  stop(deadlineMs: number): Promise<void>;
  health(): FeedHealth;
  metrics(): FeedMetrics;
  /** The messages that it refused to their senders, by reason. Absent if it refuses none. */
  refusals?(): Refusal[];
}

/** Messages that were refused for the same reason. */
export interface Refusal {
  readonly reason: string;
  readonly count: number;
  /** Time of the newest one, ISO 8601 UTC. */
  readonly last: string;
  /** The answer to it, and further text for the operator. */
  readonly message: string;
  /** The name that its sender gave. */
  readonly sender?: string | undefined;
  readonly address?: string | undefined;
}

export type StatusPageUrl = (browserAddress: string | undefined) => string | undefined;

/** Dependencies of every kind of feed. */
export interface FeedTools {
  readonly bus: BusConnection;
  /** First part of all subjects. */
  readonly prefix: string;
  /** The stream of the readings. */
  readonly stream: {
    readonly name: string;
    /** Greatest age of readings that may be sent again after a start: the stream still recognizes them. */
    readonly repeatableMs: number;
  };
  /** Which sender timestamps are accepted. */
  readonly times: TimeLimits;
  readonly logger: Logger;
  /** Name and version of the driver, for the user agent of calls. */
  readonly userAgent: string;
  /** The clock for delays between the retries of a platform call. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /**
   * The URL of the status page for seneye devices, for a browser at this address. Undefined if there is none that it can
   * reach.
   */
  readonly statusPage?: StatusPageUrl | undefined;
  /** Creates the readings sink of a feed, with its own window. */
  createSink(origin: Origin): ReadingsSink;
}
