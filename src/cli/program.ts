import { Command, CommanderError } from 'commander';
import { callCommand } from './call.ts';
import { checkCommand } from './check.ts';
import { iotOpenLoginCommand } from './iotopen-login.ts';
import { keygenCommand } from './keygen.ts';
import { mapCommand } from './map.ts';
import { runCommand } from './run.ts';
import { exitCodes, processTerminal, type ExitCode, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';
import { watchCommand } from './watch.ts';

/**
 * A command: its words and options, and what it does. `run` gets the exit code; commander itself reports what is wrong
 * with the command line.
 */
export type CommandMaker = (terminal: Terminal, finish: (code: ExitCode) => void) => Command;

/** Every command, in the order in which the help shows them. A new one is one file and one line here. */
const commands: readonly CommandMaker[] = [
  runCommand,
  checkCommand,
  keygenCommand,
  callCommand,
  watchCommand,
  mapCommand,
  iotOpenLoginCommand,
];

/**
 * Runs the command line.
 * @param args What stands after the program's name.
 * @returns the exit code, see `exitCodes`
 */
export async function runProgram(args: readonly string[], terminal: Terminal = processTerminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = new Command('iota-seeqdrv')
    .description('The Seeq driver of an IOTA Vue cluster')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', '\nExit codes: 0 all well, 1 it failed, 2 the command line or the configuration is wrong.');
  for (const make of commands) {
    program.addCommand(
      make(terminal, (result) => {
        code = result;
      }),
    );
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.err(text.trimEnd());
      },
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end by an exception too, with exit code 0.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}
