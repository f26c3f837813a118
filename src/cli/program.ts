import { Command, CommanderError } from 'commander';
import { commands } from './commands.ts';
import { exitCodes, openProcessTerminal, type ExitCode, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

/**
 * Runs the command line.
 * @param args The arguments after the program's name.
 * @returns the exit code, see `exitCodes`
 */
export async function runProgram(
  args: readonly string[],
  terminal: Terminal = openProcessTerminal(),
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = new Command('iota-seeqdrv')
    .description('The Seeq driver of an IOTA Vue cluster')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      '\nExit codes: 0 success, 1 failure, 2 the command line or the configuration is wrong; of call also 3 the answer is partial, 4 a server is not up.',
    );
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
    // Help and version also end with an exception, with exit code 0.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}
