/** The parts of the page. Each is rendered on its own, so that a change of one is sent alone. */
import type { Health, KnownReplica } from '../../contract/health.ts';
import type { Metrics } from '../../contract/telemetry.ts';
import type { LatestDevice } from '../../telemetry/latest-readings.ts';
import type { Problem } from '../../telemetry/recent-problems.ts';
import type { Activity, Refusal } from '../../telemetry/telemetry.ts';
import type { Markup } from './markup.ts';

/** What the page shows. Health and metrics have the same values as the messages on the telemetry topics. */
export interface PageState {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly activity: Activity;
  readonly problems: readonly Problem[];
  /** The other replicas. */
  readonly replicas: readonly KnownReplica[];
  /** Messages that feeds refused to their senders. */
  readonly refusals: readonly Refusal[];
  /** Undefined where no feed is configured. */
  readonly devices: readonly LatestDevice[] | undefined;
}

export interface Part {
  /** Id of its element. */
  readonly id: string;
  render(state: PageState): Markup;
}
