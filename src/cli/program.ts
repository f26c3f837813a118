import { Command, CommanderError } from 'commander';
import { commands } from './commands.ts';
import { COMPLETE } from './completion/scripts.ts';
import { exitCodeHelp, exitCodes, openProcessTerminal, type ExitCode, type Terminal } from './terminal.ts';
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
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    if (args[0] === COMPLETE) {
      const { complete } = await import('./completion/complete.ts');
      return await complete(program, args.slice(1), terminal);
    }
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version also end with an exception, with exit code 0.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

/** All commands. `finish` gets the exit code of the one that runs. */
function createProgram(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  const program = new Command('iota-seeqdrv')
    .description('The Seeq driver of an IOTA Vue cluster')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\n${exitCodeHelp}`);
  for (const make of commands) program.addCommand(make(terminal, finish));
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.err(text.trimEnd());
      },
    });
  }
  return program;
}

/** A command, and every command below it. */
const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];
