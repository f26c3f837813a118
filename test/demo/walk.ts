/** The walk: every step in turn, and what came of it. */
import { block, heading, paragraph, say } from './print/page.ts';
import { bad, bold, good } from './print/style.ts';
import { Stage, type Step } from './step.ts';
import { bulk } from './steps/bulk.ts';
import { busAway } from './steps/bus-away.ts';
import { history } from './steps/history.ts';
import { hosts } from './steps/hosts.ts';
import { i3 } from './steps/i3.ts';
import { iotopen } from './steps/iotopen.ts';
import { mistakes } from './steps/mistakes.ts';
import { mqtt } from './steps/mqtt.ts';
import { outage } from './steps/outage.ts';
import { running } from './steps/running.ts';
import { search } from './steps/search.ts';
import { seneye } from './steps/seneye.ts';
import { statusPage } from './steps/status-page.ts';
import { timeframes } from './steps/timeframes.ts';
import { tree } from './steps/tree.ts';
import { values } from './steps/values.ts';
import type { Harness } from './harness.ts';

const STEPS: readonly Step[] = [
  running,
  hosts,
  search,
  tree,
  values,
  history,
  bulk,
  timeframes,
  outage,
  mistakes,
  mqtt,
  seneye,
  i3,
  iotopen,
  statusPage,
  busAway,
];

/**
 * Walks through all steps; one that fails does not end the walk, only an interruption does.
 * @returns true if every answer was right
 */
export async function walk(harness: Harness, interrupted: AbortSignal): Promise<boolean> {
  const stage = new Stage(harness, interrupted);
  const { checks } = stage;
  const started = performance.now();
  for (const [at, step] of STEPS.entries()) {
    interrupted.throwIfAborted();
    heading(at + 1, step.title);
    paragraph(step.about);
    try {
      await step.run(stage);
    } catch (error) {
      // What runs no longer cannot answer, and nobody wants to know.
      interrupted.throwIfAborted();
      checks.failed('the step could not be finished', error);
    }
  }
  say();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { right, wrong } = checks;
  if (wrong.length === 0) {
    block([good(bold(`All answers are right: ${right} checks in ${STEPS.length} steps, ${seconds} s.`))]);
    return true;
  }
  block([bad(bold(`${wrong.length} of ${right + wrong.length} checks found something wrong:`))]);
  for (const problem of wrong) paragraph(`✗ ${problem}`, bad);
  return false;
}
