/** The command line of the simulator. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { FAULT_SCHEMA } from './control.ts';
import { DEFAULT_ACCOUNTS, DIRECTORIES, type Account } from './http/sessions.ts';
import { DEFAULT_BEHAVIOUR, type Fault, type Behaviour } from './behaviour.ts';
import { DEFAULT_OPTIONS, type SimulatorOptions } from './options.ts';

interface Arguments {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly controlPort?: number;
  readonly release: number;
  readonly user?: readonly Account[];
  readonly directoryUser?: readonly Account[];
  readonly accessKey?: readonly Account[];
  readonly expiredAccessKey?: readonly Account[];
  readonly sessionSeconds: number;
  readonly tags: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly absent: Behaviour['absent'];
  readonly latency: number;
  readonly jitter: number;
  readonly clockOffset: number;
  readonly rotateToken?: boolean;
  readonly rotateVoidsOld?: boolean;
  readonly accessKeysExpired?: boolean;
  readonly offlineDatasource: string;
  readonly identityPath: string;
  readonly lenient?: boolean;
  readonly fault?: readonly Fault[];
  readonly log?: boolean;
  readonly endWithStdin?: boolean;
}

export interface CommandLine {
  readonly options: SimulatorOptions;
  /** Print every request. */
  readonly log: boolean;
  readonly endWithStdin: boolean;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };

const account =
  (kind: Account['kind'], more: Partial<Account> = {}) =>
  (text: string, before: readonly Account[] = []): readonly Account[] => {
    const at = text.indexOf(':');
    if (at < 1) throw new InvalidArgumentError('It must be <name>:<password>.');
    return [...before, { kind, name: text.slice(0, at), password: text.slice(at + 1), ...more }];
  };

/** Members of a fault that are text, whatever they look like. */
const TEXT_MEMBERS = ['kind', 'operation', 'path', 'retryAfter', 'mediaType', 'text'];

/** `kind=status,status=503,rate=0.2` as a fault. */
function fault(text: string, before: readonly Fault[] = []): readonly Fault[] {
  const members = text.split(',').map((part) => {
    const [name = '', ...rest] = part.split('=');
    const value = rest.join('=');
    if (TEXT_MEMBERS.includes(name)) return [name, value] as const;
    return [name, value === 'true' ? true : value === 'false' ? false : Number(value)] as const;
  });
  const read = FAULT_SCHEMA.safeParse(Object.fromEntries(members));
  if (!read.success) throw new InvalidArgumentError(z.prettifyError(read.error));
  return [...before, read.data as Fault];
}

const builtIn = (DEFAULT_ACCOUNTS as readonly Account[]).map(
  ({ kind, name, password, directory }) =>
    `  ${kind === 'user' ? 'user' : 'access key'} ${name} : ${password}${directory === undefined ? '' : ` in ${directory}`}`,
);

const AFTER = `
Without --user, --directory-user and --access-key these accounts exist:
${builtIn.join('\n')}

Faults, for example --fault kind=status,status=503,retryAfter=1,rate=0.2 --fault kind=hang,operation=get_samples,times=1
  kinds: status (status, body=false, retryAfter), hang, reset, half, slow (bytes, pauseMs), mediaType (mediaType),
  html (status), truncated, message (text), invalidJson, huge (bytes), latency (ms); each with operation, path, times, rate

Everything under "What goes wrong" can be changed while it runs at the control address. simulators/seeq/README.md describes it.`;

export function commandOf(): Command {
  return new Command('seeq-simulator')
    .description(
      'An independent stand-in for a Seeq server, made from public facts: a plant with signals, conditions, scalars and assets behind the reading part of the Seeq REST API. Needs no licence and no network. Not a product of Seeq.',
    )
    .optionsGroup('Where it is:')
    .option('--host <address>', 'address to listen on', DEFAULT_OPTIONS.host)
    .option('--port <number>', 'port of the API; 0 takes a free one', whole(0, 65_535), DEFAULT_OPTIONS.port)
    .option(
      '--control-port <number>',
      'port of the control address; off without it, 0 takes a free one',
      whole(0, 65_535),
    )
    .option('--tls-cert <file>', 'certificate in PEM; serves the API over TLS')
    .option('--tls-key <file>', 'key of the certificate in PEM')
    .optionsGroup('What it has:')
    .option('--name <plant>', 'name of the plant; seeds all ids and values', DEFAULT_OPTIONS.name)
    .option(
      '--tags <number>',
      'further signals besides the example plant',
      whole(0, 1_000_000),
      DEFAULT_OPTIONS.extraTags,
    )
    .option(
      '--release <number>',
      'Seeq release to behave like; before 63 it pages by offset, from 63 on by continuation tokens',
      whole(54, 99),
      DEFAULT_OPTIONS.release,
    )
    .optionsGroup('Who may log in:')
    .option('--user <name:password>', `a user of the directory ${DIRECTORIES[0].name}; repeatable`, account('user'))
    .option(
      '--directory-user <name:password>',
      `a user of the directory ${DIRECTORIES[1].name}; repeatable`,
      account('user', { directory: DIRECTORIES[1].name }),
    )
    .option('--access-key <id:password>', 'an access key; repeatable', account('accessKey'))
    .option(
      '--expired-access-key <id:password>',
      'an access key that has expired; repeatable',
      account('accessKey', { expired: true }),
    )
    .option('--session-seconds <number>', 'life of a session', whole(1, 31_536_000), DEFAULT_OPTIONS.sessionSeconds)
    .optionsGroup('What goes wrong:')
    .addOption(
      new Option('--absent <how>', 'members without value are left out, null, or either')
        .choices(['absent', 'null', 'mixed'])
        .default(DEFAULT_BEHAVIOUR.absent),
    )
    .option('--latency <ms>', 'every answer comes so much later', whole(0, 3_600_000), DEFAULT_BEHAVIOUR.latencyMs)
    .option('--jitter <ms>', 'and up to so much later again', whole(0, 3_600_000), DEFAULT_BEHAVIOUR.jitterMs)
    .option(
      '--clock-offset <ms>',
      'the clock of the server is so far ahead',
      whole(-1e12, 1e12),
      DEFAULT_BEHAVIOUR.clockOffsetMs,
    )
    .option('--rotate-token', 'every answer brings a fresh session token')
    .option('--rotate-voids-old', 'a fresh token makes the one before it invalid')
    .option('--access-keys-expired', 'no access key is accepted any more')
    .option(
      '--offline-datasource <id>',
      'the data source of this Datasource ID gives no samples and capsules',
      DEFAULT_BEHAVIOUR.offlineDatasource,
    )
    .option('--identity-path <text>', 'a log-in brings this x-sq-identity-path', DEFAULT_BEHAVIOUR.identityPath)
    .option('--lenient', 'query parameters that do not exist are ignored instead of refused')
    .option('--fault <members>', 'something that goes wrong with answers; see below; repeatable', fault)
    .optionsGroup('Other:')
    .option('--log', 'print every request when it ends')
    .option('--end-with-stdin', 'end when standard input closes, for programs that start the simulator')
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', AFTER);
}

/**
 * Reads the arguments of this process; ends it with help or with what is wrong with them.
 * @param argv as in `process.argv` @param command for tests, one that does not end the process
 */
export function readCommandLine(argv: readonly string[] = process.argv, command = commandOf()): CommandLine {
  command.parse(argv);
  const given = command.opts<Arguments>();
  if ((given.tlsCert === undefined) !== (given.tlsKey === undefined)) {
    command.error('error: --tls-cert and --tls-key go together.');
  }
  return { options: optionsOf(given), log: given.log === true, endWithStdin: given.endWithStdin === true };
}

function optionsOf(given: Arguments): SimulatorOptions {
  const { user = [], directoryUser = [], accessKey = [], expiredAccessKey = [] } = given;
  const accounts = [...user, ...directoryUser, ...accessKey, ...expiredAccessKey];
  return {
    name: given.name,
    host: given.host,
    port: given.port,
    release: given.release,
    sessionSeconds: given.sessionSeconds,
    extraTags: given.tags,
    faults: given.fault ?? [],
    behaviour: {
      absent: given.absent,
      latencyMs: given.latency,
      jitterMs: given.jitter,
      clockOffsetMs: given.clockOffset,
      rotateToken: given.rotateToken === true,
      rotateVoidsOld: given.rotateVoidsOld === true,
      accessKeysExpired: given.accessKeysExpired === true,
      identityPath: given.identityPath,
      offlineDatasource: given.offlineDatasource,
      refuseUnknownParameters: given.lenient !== true,
    },
    ...(given.controlPort === undefined ? {} : { controlPort: given.controlPort }),
    ...(accounts.length === 0 ? {} : { accounts }),
    ...(given.tlsCert === undefined || given.tlsKey === undefined
      ? {}
      : { tls: { certFile: given.tlsCert, keyFile: given.tlsKey } }),
  };
}
