#!/usr/bin/env node
import { runProgram } from './cli/program.ts';

/** The entry of the process: `iota-seeqdrv <command>`. What each command does is in `cli`. */
try {
  process.exitCode = await runProgram(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`iota-seeqdrv: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
