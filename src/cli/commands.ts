/**
 * The help texts and options of every command. The code of a command is loaded only when it is used, so that a short
 * one does not load the bus, the feeds and the sources. This file must not import them.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { CONFIG_FILE, CONFIG_VARIABLE, KEY_FILE, KEY_VARIABLE } from '../config/file-names.ts';
import { parseInstant, type Nanoseconds } from '../contract/time/instant.ts';
import type { CallCommandOptions } from './call.ts';
import type { LoginOptions } from './iotopen-login.ts';
import type { KeygenOptions } from './keygen.ts';
import type { MapOptions } from './map.ts';
import { mappingKinds } from './mapping-kinds.ts';
import type { PermissionsOptions } from './permissions.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import type { WatchOptions } from './watch.ts';

/** Creates a command. `finish` gets the exit code. commander itself reports errors of the command line. */
type CommandMaker = (terminal: Terminal, finish: (code: ExitCode) => void) => Command;

interface ConfigOptions {
  config?: string;
  key?: string;
}

const configOption = [
  '-c, --config <file>',
  `the configuration file (default: the variable ${CONFIG_VARIABLE}, else ./${CONFIG_FILE})`,
] as const;

const keyOption = [
  '-k, --key <file>',
  `the NKey seed of the driver (default: the variable ${KEY_VARIABLE}, else settings.bus.seed, else ${KEY_FILE} beside the configuration)`,
] as const;

/** The environment of a command. An option replaces the variable that it overrides. */
const withKey = (terminal: Terminal, key: string | undefined): Terminal =>
  key === undefined ? terminal : { ...terminal, env: { ...terminal.env, [KEY_VARIABLE]: key } };

/** Options to reach the bus: with the configuration of the driver, or without it. */
const callerOptions: readonly Option[] = [
  new Option(...configOption),
  new Option('--nats <url>', 'address of the NATS server, in place of a configuration').conflicts('config'),
  new Option('--nkey <file>', 'file with the NKey seed of the caller (default: the key of the driver itself)'),
  new Option('--topic <subject>', 'request topic of the driver (default: that of the configuration)'),
  new Option('--inbox <subject>', 'take answers below this subject (default: _INBOX)'),
  new Option('--ca <file>', 'with --nats: PEM file of the authorities to trust instead of the public ones'),
  new Option('--server-name <name>', 'with --nats: host name that the server certificate must bear'),
  new Option('--tls-first', 'with --nats: start with the TLS handshake, for servers with handshake_first'),
  new Option('--insecure', 'with --nats: use plain TCP for nats:// addresses'),
];

const runCommand: CommandMaker = (terminal, finish) =>
  new Command('run')
    .description('serve requests until SIGTERM or SIGINT')
    .option(...configOption)
    .option(...keyOption)
    .action(async (options: ConfigOptions) => {
      const { runFrom } = await import('./run.ts');
      finish(await runFrom(options.config, withKey(terminal, options.key)));
    });

const checkCommand: CommandMaker = (terminal, finish) =>
  new Command('check')
    .description('check the configuration and list every error in it, without any connection')
    .option(...configOption)
    .option(...keyOption)
    .addHelpText('after', '\nExit codes: 0 valid, possibly with warnings; 2 not valid.')
    .action(async (options: ConfigOptions) => {
      const { check } = await import('./check.ts');
      finish(await check(options.config, withKey(terminal, options.key)));
    });

const keygenCommand: CommandMaker = (terminal, finish) =>
  new Command('keygen')
    .description(`make an NKey pair: the private key goes into ${KEY_FILE}, the public key is printed`)
    .option('-d, --dir <folder>', 'the folder of the configuration file; created if missing', '.')
    .option('-f, --force', 'replace an existing key file', false)
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
    .addHelpText('after', '\nReads neither the key of the driver nor a secret, and makes no connection.')
    .action(async (options: PermissionsOptions) => {
      const { permissions } = await import('./permissions.ts');
      finish(await permissions(options, terminal));
    });

const callCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('call'), callerOptions)
    .description('send a request to a running driver, for example: call tagsearch \'{"query":"Area A*"}\'')
    .argument('<function>', 'name of the function; "functions" lists them')
    .argument('[params]', "the function's parameters as a JSON object", '{}')
    .option('--host <name...>', 'only these configured servers')
    .option('--timeout <ms>', 'time budget of the request in milliseconds', readMilliseconds)
    .option('--compact', 'print one JSON item a line instead of the whole answer', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 the answer is complete, 1 it is an error or there is none, 2 nothing was sent, 3 it is partial (some items have an error), 4 function hosts says that a server is not up.',
    )
    .action(async (name: string, params: string, options: CallCommandOptions) => {
      const { call } = await import('./call.ts');
      finish(await call(name, params, options, terminal));
    });

const watchCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('watch'), callerOptions)
    .description('print values as they change, until SIGINT or SIGTERM')
    .argument('<fqn...>', 'fully qualified names, as searches return them')
    .option('--interval <ms>', 'how often the values are read, at least 1000 (default: 5000)', readWhole)
    .option('--count <n>', 'end after this many lines', readWhole)
    .option('--json', 'print each change as a JSON item of the answer', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 ended by a signal or after its lines, 1 no item can be read or the driver does not answer, 2 nothing was sent.',
    )
    .action(async (items: string[], options: WatchOptions) => {
      const { watch } = await import('./watch.ts');
      finish(await watch(items, options, terminal));
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
    .addHelpText('after', '\nExit codes: 0 readings only, 1 there are dead letters, 2 nothing was mapped.')
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
    .action(async (options: LoginOptions) => {
      const { iotOpenLogin } = await import('./iotopen-login.ts');
      finish(await iotOpenLogin(options, terminal));
    });

/** Every command, in the order of the help. A new command needs an entry here and one file with its code. */
export const commands: readonly CommandMaker[] = [
  runCommand,
  checkCommand,
  keygenCommand,
  permissionsCommand,
  callCommand,
  watchCommand,
  mapCommand,
  iotOpenLoginCommand,
];

function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

function readMilliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of milliseconds.');
  return Number(text);
}

function readWhole(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

function readTime(text: string): Nanoseconds {
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new InvalidArgumentError('It must be ISO 8601 with an offset, such as 2026-01-31T08:00:00Z.');
  }
  return instant;
}
