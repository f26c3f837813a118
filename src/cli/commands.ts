/**
 * The help texts and options of every command. The code of a command is loaded only when it is used, so that a short
 * one does not load the bus, the feeds and the sources. This file must not import them.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { KEY_FILE, KEY_VARIABLE } from '../config/file-names.ts';
import { parseInstant, type Nanoseconds } from '../contract/time/instant.ts';
import { type CommandMaker, configOption, examples, readWhole } from './command-options.ts';
import { scripts, type Shell, shells } from './completion/scripts.ts';
import { configCommand } from './config-options.ts';
import type { CheckCommandOptions } from './check.ts';
import type { LoginOptions } from './iotopen-login.ts';
import type { KeygenOptions } from './keygen.ts';
import type { MapOptions } from './map.ts';
import { mappingKinds } from './mapping-kinds.ts';
import type { PermissionsOptions } from './permissions.ts';
import { queryCommands } from './query/commands.ts';
import { exitCodes, type Terminal } from './terminal.ts';

interface ConfigOptions {
  config?: string;
  key?: string;
}

const keyOption = [
  '-k, --key <file>',
  `the NKey seed of the driver (default: the variable ${KEY_VARIABLE}, else settings.bus.seed, else ${KEY_FILE} beside the configuration)`,
] as const;

/** The environment of a command. An option replaces the variable that it overrides. */
const withKey = (terminal: Terminal, key: string | undefined): Terminal =>
  key === undefined ? terminal : { ...terminal, env: { ...terminal.env, [KEY_VARIABLE]: key } };

const runCommand: CommandMaker = (terminal, finish) =>
  new Command('run')
    .description('serve requests until SIGTERM or SIGINT')
    .option(...configOption)
    .option(...keyOption)
    .addHelpText('after', examples('run --config /etc/iota/iota.seeqdrv.json'))
    .action(async (options: ConfigOptions) => {
      const { runFrom } = await import('./run.ts');
      finish(await runFrom(options.config, withKey(terminal, options.key)));
    });

const checkCommand: CommandMaker = (terminal, finish) =>
  new Command('check')
    .description('check the configuration, and whether everything that it names can be reached and used')
    .option(...configOption)
    .option(...keyOption)
    .option('--offline', 'check the configuration only, without any connection', false)
    .option(
      '--timeout <ms>',
      'time limit of each part; the whole check has four times as much (default: 10000)',
      readWhole,
    )
    .option('--inbox <subject...>', 'below these subjects callers receive their answers (default: _INBOX)')
    .option(
      '--take-over',
      'log in with the configured client id where a broker prescribes it; this ends the connection of a running driver',
      false,
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nMarks: ok, warning (it works, with a defect), failed, not tried. On a terminal with colour: ✓ ! ✗ –\n\nExit codes: 0 no part failed, 1 a part failed, 2 the configuration is not valid.',
    )
    .action(async (options: CheckCommandOptions & ConfigOptions) => {
      const { check } = await import('./check.ts');
      finish(await check(options, withKey(terminal, options.key)));
    });

const keygenCommand: CommandMaker = (terminal, finish) =>
  new Command('keygen')
    .description(`make an NKey pair: the private key goes into ${KEY_FILE}, the public key is printed`)
    .option('-d, --dir <folder>', 'the folder of the configuration file; created if missing', '.')
    .option('-f, --force', 'replace an existing key file', false)
    .addHelpText('after', examples('keygen --dir caller'))
    .action(async (options: KeygenOptions) => {
      const { keygen } = await import('./keygen.ts');
      finish(await keygen(options, terminal));
    });

const permissionsCommand: CommandMaker = (terminal, finish) =>
  new Command('permissions')
    .description('print the rights that the NATS server must give to the driver, as a configuration of nats-server')
    .option(...configOption)
    .option(
      '--caller <key...>',
      'public key of a program that sends requests to the driver; with =<subject>, its own inbox',
    )
    .option('--reader <key...>', 'public key of a program that reads the readings; with =<subject>, its own inbox')
    .option('--durable <name>', 'name of the consumer by which a reader reads the stream', 'dashboards')
    .option('--json', 'print the users alone, as JSON', false)
    .addHelpText(
      'after',
      `\nReads neither the key of the driver nor a secret, and makes no connection.\n${examples('permissions --config /etc/iota/iota.seeqdrv.json')}`,
    )
    .action(async (options: PermissionsOptions) => {
      const { permissions } = await import('./permissions.ts');
      finish(await permissions(options, terminal));
    });

const mapCommand: CommandMaker = (terminal, finish) =>
  new Command('map')
    .description('show what an MQTT message becomes on the bus, without any connection')
    .requiredOption('-t, --topic <topic>', 'the topic of the message')
    .addOption(new Option('-p, --payload <text>', 'the payload (default: standard input)').conflicts('file'))
    .option('-f, --file <file>', 'a file with the payload')
    .option(...configOption)
    .option('-b, --broker <name>', 'the configured connection, if there are several')
    .addOption(new Option('-k, --kind <kind>', 'its kind, if two kinds have one with that name').choices(mappingKinds))
    .addOption(
      new Option(
        '-m, --mapping <file>',
        'a JSON file with one entry of topics, or a list of them, instead of the configured ones',
      ).conflicts(['config', 'kind']),
    )
    .option('--retained', 'the message is a retained one', false)
    .option('--received <time>', 'when it arrived, in ISO 8601 with offset (default: now)', readTime)
    .option('--compact', 'print each message of the bus in one line', false)
    .addHelpText(
      'after',
      `\nExit codes: 0 readings only, 1 there are dead letters, 2 nothing was mapped.\n${examples('map --topic hall/temperature --payload 21.5 --mapping mapping.json')}`,
    )
    .action(async (options: MapOptions) => {
      const { map } = await import('./map.ts');
      finish(await map(options, terminal));
    });

const iotOpenLoginCommand: CommandMaker = (terminal, finish) =>
  new Command('iotopen-login')
    .description('log in to IoT Open with user, password and second factor, and store the token for the driver')
    .option(...configOption)
    .option('--connection <name>', 'name of the connection in settings.ingest.iotopen; required if there are several')
    .option('--code-file <file>', 'a file with the code of the second factor (default: asked on standard input)')
    // Hidden. It exists so that its error can name the alternative.
    .addOption(new Option('--code <code>').hideHelp())
    .addHelpText('after', examples('iotopen-login --config /etc/iota/iota.seeqdrv.json'))
    .action(async (options: LoginOptions) => {
      const { iotOpenLogin } = await import('./iotopen-login.ts');
      finish(await iotOpenLogin(options, terminal));
    });

const completionCommand: CommandMaker = (terminal, finish) =>
  new Command('completion')
    .description('print the script by which a shell completes command lines')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `\nLoad it in the start file of the shell:\n  bash  source <(iota-seeqdrv completion bash)\n  zsh   source <(iota-seeqdrv completion zsh)\n  fish  iota-seeqdrv completion fish | source\n${examples('completion bash')}`,
    )
    .action((shell: Shell) => {
      terminal.out(scripts[shell]);
      finish(exitCodes.ok);
    });

/** Every command, in the order of the help. A new command needs an entry here and one file with its code. */
export const commands: readonly CommandMaker[] = [
  runCommand,
  checkCommand,
  configCommand,
  keygenCommand,
  permissionsCommand,
  ...queryCommands,
  mapCommand,
  iotOpenLoginCommand,
  completionCommand,
];

function readTime(text: string): Nanoseconds {
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new InvalidArgumentError('It must be ISO 8601 with an offset, such as 2026-01-31T08:00:00Z.');
  }
  return instant;
}
