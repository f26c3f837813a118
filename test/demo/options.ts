/** The command line of the demonstration. */
import { Command } from 'commander';

export interface DemoOptions {
  /** End after the walk instead of staying up. */
  readonly once: boolean;
}

/** Reads the options; prints the help or what is wrong with them, and ends the process then. */
export function readOptions(args: readonly string[]): DemoOptions {
  return new Command('npm run demo --')
    .description(
      'Shows the driver at work on real parts: starts nats-server (TLS, NKeys, fresh certificates), two simulated Seeq ' +
        'servers and the driver, sends real requests over the bus as a second identity, and checks every answer ' +
        'against the plants. Stays up until Ctrl-C; leaves nothing behind.',
    )
    .option('--once', 'end after the walk; exit code 0 only if every answer was right', false)
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      '\nExit codes: 0 all right, 1 a wrong answer or a failed start, 2 wrong options,\n' +
        '130 or 143 ended by a signal in the middle. The variable NO_COLOR switches\n' +
        'colours off, NATS_SERVER names another nats-server.',
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
    .opts<DemoOptions>();
}
