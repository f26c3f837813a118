/** The simulator as a process of its own: `node test/simulators/seeq/main.ts --help`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { versionOf } from './answers/system.ts';
import { DEFAULT_ACCOUNTS, DIRECTORIES, type Account } from './http/sessions.ts';
import { DEFAULT_OPTIONS, type SimulatorOptions } from './options.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { startTable } from './start-table.ts';

interface Arguments {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly controlPort?: number;
  readonly release: number;
  readonly user: readonly Account[];
  readonly directoryUser: readonly Account[];
  readonly accessKey: readonly Account[];
  readonly sessionSeconds: number;
  readonly tags: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly absent: 'absent' | 'null' | 'mixed';
  readonly latency: number;
  readonly endWithStdin?: boolean;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };

const account =
  (kind: Account['kind'], directory?: string) =>
  (text: string, before: readonly Account[]): readonly Account[] => {
    const at = text.indexOf(':');
    if (at < 1) throw new InvalidArgumentError('It must be <name>:<password>.');
    const made = {
      kind,
      name: text.slice(0, at),
      password: text.slice(at + 1),
      ...(directory === undefined ? {} : { directory }),
    };
    return [...before, made];
  };

const builtIn = (DEFAULT_ACCOUNTS as readonly Account[]).map(
  ({ kind, name, password, directory }) =>
    `  ${kind} ${name} : ${password}${directory === undefined ? '' : ` in ${directory}`}`,
);

const program = new Command('seeq-simulator')
  .description(
    'An independent stand-in for a Seeq server, made from public facts: a plant with signals, conditions, scalars and assets behind the reading part of the Seeq REST API. Needs no licence and no network.',
  )
  .option('--name <plant>', 'name of the plant; seeds all ids and values', DEFAULT_OPTIONS.name)
  .option('--host <address>', 'address to listen on', DEFAULT_OPTIONS.host)
  .option('--port <number>', 'port of the API; 0 takes a free one', whole(0, 65_535), DEFAULT_OPTIONS.port)
  .option(
    '--control-port <number>',
    'port of the control address; off without it, 0 takes a free one',
    whole(0, 65_535),
  )
  .option(
    '--release <number>',
    'Seeq release to behave like; from 63 on with continuation tokens',
    whole(54, 99),
    DEFAULT_OPTIONS.release,
  )
  .option(
    '--user <name:password>',
    `who may log in at the directory ${DIRECTORIES[0].name}; repeatable`,
    account('user'),
    [],
  )
  .option(
    '--directory-user <name:password>',
    `the same at ${DIRECTORIES[1].name}`,
    account('user', DIRECTORIES[1].name),
    [],
  )
  .option('--access-key <id:password>', 'an access key; repeatable', account('accessKey'), [])
  .option('--session-seconds <number>', 'life of a session', whole(1, 31_536_000), DEFAULT_OPTIONS.sessionSeconds)
  .option(
    '--tags <number>',
    'further signals besides the example plant',
    whole(0, 1_000_000),
    DEFAULT_OPTIONS.extraTags,
  )
  .option('--tls-cert <file>', 'certificate in PEM; serves the API over TLS')
  .option('--tls-key <file>', 'key of the certificate in PEM')
  .addOption(
    new Option('--absent <how>', 'members without value are left out, null, or either')
      .choices(['absent', 'null', 'mixed'])
      .default('absent'),
  )
  .option('--latency <ms>', 'every answer comes so much later', whole(0, 600_000), 0)
  .option('--end-with-stdin', 'end when standard input closes, for programs that start the simulator')
  .addHelpText(
    'after',
    `\nWithout --user, --directory-user and --access-key these accounts exist:\n${builtIn.join('\n')}`,
  );

program.parse();
const given = program.opts<Arguments>();
if ((given.tlsCert === undefined) !== (given.tlsKey === undefined))
  program.error('--tls-cert and --tls-key go together.');

const accounts = [...given.user, ...given.directoryUser, ...given.accessKey];
const options: SimulatorOptions = {
  name: given.name,
  host: given.host,
  port: given.port,
  release: given.release,
  sessionSeconds: given.sessionSeconds,
  extraTags: given.tags,
  knobs: { absent: given.absent, latencyMs: given.latency },
  ...(given.controlPort === undefined ? {} : { controlPort: given.controlPort }),
  ...(accounts.length === 0 ? {} : { accounts }),
  ...(given.tlsCert === undefined || given.tlsKey === undefined
    ? {}
    : { tls: { certFile: given.tlsCert, keyFile: given.tlsKey } }),
};

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
if (given.endWithStdin === true) process.stdin.on('close', () => process.exit(0)).resume();

let simulator: SeeqSimulator;
try {
  simulator = await startSeeqSimulator(options);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason =
    code === 'EADDRINUSE' ? 'a port is in use; choose another with --port or --control-port, or 0 for any' : message;
  process.stderr.write(`The simulator cannot start: ${reason} (${code ?? 'error'}, ${given.host}:${given.port})\n`);
  process.exit(1);
}
process.stderr.write(startTable(simulator, versionOf(given.release), options.accounts ?? DEFAULT_ACCOUNTS));
process.stdout.write(`${JSON.stringify({ event: 'listening', url: simulator.url, control: simulator.controlUrl })}\n`);
