/** What every feed has in common: a way to start and stop it, how it is, and its numbers. */
import type { FeedHealth, FeedMetrics } from '../contract/telemetry.ts';

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
