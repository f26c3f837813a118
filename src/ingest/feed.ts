/** What every feed has in common: a way to start and stop it, how it is, and its numbers. */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { Logger } from '../contract/log.ts';
import type { FeedHealth, FeedMetrics } from '../contract/telemetry.ts';
import type { Clock } from '../net/clock.ts';
import type { TimeLimits } from './source-timestamp.ts';
import type { ReadingsSink } from './readings-sink.ts';
import type { Origin } from './reading.ts';

/** One configured place where readings come in (or, for a seller, go out). */
export interface Feed {
  /** Begins and returns at once. What is wrong outside shows in `health` and the log; nothing is thrown. */
  start(): void;
  /**
   * Takes nothing new, lets what is under way arrive for `deadlineMs` at most, and leaves. What is not on the bus then
   * was not acknowledged, so its sender keeps it.
   */
  stop(deadlineMs: number): Promise<void>;
  health(): FeedHealth;
  metrics(): FeedMetrics;
}

/** What every kind of feed is given. */
export interface FeedTools {
  readonly bus: BusConnection;
  /** First part of all subjects. */
  readonly prefix: string;
  /** Which times of senders are believed. */
  readonly times: TimeLimits;
  readonly logger: Logger;
  /** Name and version of the driver, for what tells the other side who calls. */
  readonly userAgent: string;
  /** The time between the tries of a call to a platform; that of the machine by default. */
  readonly clock?: Clock | undefined;
  /** The way of a feed to the bus, with a window of its own. */
  intake(origin: Origin): ReadingsSink;
}
