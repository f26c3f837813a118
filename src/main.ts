#!/usr/bin/env node
import { restartWithFlags } from './cli/node-flags.ts';

/** The entry point of the process: `iota-seeqdrv <command>`. The commands are in `cli`. */
const args = process.argv.slice(2);
// The short commands need little memory, and should start quickly.
if (args[0] === 'run') restartWithFlags();
try {
  const { runProgram } = await import('./cli/program.ts');
  process.exitCode = await runProgram(args);
} catch (error) {
  process.stderr.write(`iota-seeqdrv: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Everything is closed by now. An open handle is a defect, such as a DNS server that does not answer. */
const LAST_RESORT_MS = 10_000;
setTimeout(() => {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  process.stderr.write(`iota-seeqdrv: the process ends although something is still open: ${open}\n`);
  process.exit();
}, LAST_RESORT_MS).unref();
