#!/usr/bin/env node
import { restartWithFlags } from './cli/node-flags.ts';

/** The entry of the process: `iota-seeqdrv <command>`. What each command does is in `cli`. */
const args = process.argv.slice(2);
// The short commands need little memory, and their users wait for them.
if (args[0] === 'run') restartWithFlags();
try {
  const { runProgram } = await import('./cli/program.ts');
  process.exitCode = await runProgram(args);
} catch (error) {
  process.stderr.write(`iota-seeqdrv: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Everything has been closed by now. What is still open is a fault, such as a name server that stays silent for long. */
const LAST_RESORT_MS = 10_000;
setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`iota-seeqdrv: the process ends although something is still open: ${open}\n`);
  process.exit();
}, LAST_RESORT_MS).unref();
