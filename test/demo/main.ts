/**
 * `npm run demo`: the driver at work on real parts, for people. Starts everything, walks through real requests and
 * checks their answers, then stays up until Ctrl-C (or ends, with `--once`). Nothing is left running or on disk.
 */
import { hint } from './hint.ts';
import { Interrupted, interruption, unless } from './interrupt.ts';
import { type DemoOptions, readOptions } from './options.ts';
import { block, paragraph, say } from './print/page.ts';
import { bad, bold } from './print/style.ts';
import { walk } from './walk.ts';
import { Harness } from './harness.ts';

/** Parts that do not end in this time are killed. */
const LONGEST_STOP_MS = 5000;

async function demonstrate({ once }: DemoOptions, interrupted: AbortSignal): Promise<number> {
  say();
  block([bold('iota-seeqdrv, the Seeq driver of an IOTA Vue cluster: a demonstration')]);
  paragraph('Starting nats-server, two plants, devices of four kinds and the driver …');
  const harness = await unless(interrupted, Harness.start());
  try {
    const right = await unless(interrupted, walk(harness, interrupted));
    if (!once) {
      hint(harness);
      await stay(harness, interrupted);
    }
    return right ? 0 : 1;
  } finally {
    await stop(harness);
  }
}

/** Until a signal, which is the usual end here; or until a part ends by itself, which is a fault. */
async function stay(harness: Harness, interrupted: AbortSignal): Promise<void> {
  const ended = harness.cluster.driver.exited.then(() => {
    throw new Error(`The driver ended by itself:\n${harness.cluster.driver.output()}`);
  });
  await unless(interrupted, ended).catch((error: unknown) => {
    if (!(error instanceof Interrupted)) throw error;
  });
}

async function stop(harness: Harness): Promise<void> {
  say();
  paragraph('Stopping; nothing stays behind.');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LONGEST_STOP_MS);
  });
  await Promise.race([harness.stop(), late]);
  clearTimeout(timer);
}

// A reader that is gone, such as `| head`, ends the demonstration like a signal does.
process.stdout.on('error', () => process.exit(1));

try {
  process.exitCode = await demonstrate(readOptions(process.argv.slice(2)), interruption());
} catch (error) {
  if (error instanceof Interrupted) process.exitCode = error.exitCode;
  else {
    block([bad('The demonstration failed.')]);
    paragraph(error instanceof Error ? error.message : String(error), bad);
    process.exitCode = 1;
  }
}
// At once: while the parts start, an end that waited for them would leave them running.
process.exit();
