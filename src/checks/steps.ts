/** The steps of a connection with a log-in, the same for servers and brokers. */
import type { PartProblem, PartsReport } from './check.ts';

export const connectionSteps = ['connection', 'TLS', 'log-in'] as const;
export type ConnectionStep = (typeof connectionSteps)[number];

export interface ConnectionResult {
  /** Whether its address is one with TLS. */
  readonly encrypted: boolean;
  /** What was found. */
  readonly facts?: Partial<Record<ConnectionStep, string | undefined>>;
  readonly failure?: FailedStep | undefined;
}

export interface FailedStep {
  readonly at: ConnectionStep;
  readonly problem: PartProblem;
  /** Nothing was connected yet, so that the earlier steps were not tried either. */
  readonly before?: boolean;
}

/** Reports the steps: those before the failed one are well, those after it were not tried. */
export function reportSteps(report: PartsReport, { encrypted, facts = {}, failure }: ConnectionResult): void {
  const failedAt = failure === undefined ? Infinity : connectionSteps.indexOf(failure.at);
  for (const [at, step] of connectionSteps.entries()) {
    if (failure !== undefined && at === failedAt) report.failed(step, failure.problem);
    else if (failure !== undefined && (at > failedAt || failure.before === true))
      report.notTriedAfter(failure.at, [step]);
    else if (step === 'TLS' && !encrypted)
      report.notTried(step, 'Its address is one without TLS: nothing is encrypted.');
    else report.ok(step, facts[step]);
  }
}
