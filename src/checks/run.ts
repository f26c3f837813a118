/** Runs the groups of a check side by side. The output has the order of the groups. */
import { PartsReport, problemOf, type CheckGroup } from './check.ts';
import type { CheckedGroup } from './result.ts';

export interface RunOptions {
  /** Time limit of each part, in milliseconds. */
  readonly limitMs: number;
  /** Time limit of the whole check, in milliseconds. */
  readonly totalMs: number;
  readonly signal?: AbortSignal | undefined;
}

export async function runChecks(
  groups: readonly CheckGroup[],
  { limitMs, totalMs, signal }: RunOptions,
): Promise<CheckedGroup[]> {
  const total = AbortSignal.timeout(totalMs);
  const limits = { limitMs, signal: signal === undefined ? total : AbortSignal.any([total, signal]) };
  return Promise.all(
    groups.map(async (group) => {
      const report = new PartsReport(limits);
      try {
        await group.run(report);
      } catch (error) {
        report.failed('check', problemOf(error));
      }
      return { kind: group.kind, name: group.name, parts: report.parts };
    }),
  );
}
