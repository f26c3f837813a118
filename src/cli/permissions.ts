/** `iota-seeqdrv permissions`: prints the permissions for a configuration as a configuration of the NATS server. */
import { callerRights, DEFAULT_INBOX, driverRights, readerRights, type Right } from '../bus/rights.ts';
import type { BusUse } from '../bus/driver-subjects.ts';
import { replyRule } from '../bus/subject.ts';
import { subject, userPublicKey } from '../config/fields.ts';
import { loadConfigFile } from '../app/configuration.ts';
import { ConfigError } from '../config/problems.ts';
import { busUseOf, subjectsWithoutAnswers } from '../app/bus-use.ts';
import { serverConfiguration, type ServerUser } from './server-configuration.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The options of the command line. `caller` and `reader` are public keys, each optionally followed by `=<inbox>`. */
export interface PermissionsOptions {
  config?: string;
  caller?: string[];
  reader?: string[];
  durable: string;
  json?: boolean;
}

/** Prints the users with their permissions. Reads no secret and does not connect. */
export async function permissions(options: PermissionsOptions, terminal: Terminal): Promise<ExitCode> {
  try {
    const { file } = await loadConfigFile({ path: options.config, env: terminal.env });
    const { audit, ingest } = file.settings;
    const config = { ...file, audit, ingest };
    const use = busUseOf(config);
    const own = subjectsWithoutAnswers(config);
    const users = usersOf(use, file.publickey, {
      callers: readUsers('--caller', options.caller, own),
      readers: readUsers('--reader', options.reader, own),
      durable: readDurable(options.durable),
    });
    if (options.json === true) terminal.out(JSON.stringify(users.map(jsonUser), undefined, 2));
    else terminal.out(serverConfiguration({ users, jetstream: needsJetStream(use) }));
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UsageError)) throw error;
    terminal.err(error.message);
    return exitCodes.usage;
  }
}

/** A user other than the driver. */
export interface OtherUser {
  readonly publicKey: string;
  /** Inbox prefix for its replies. */
  readonly inbox: string;
}

export interface OtherUsers {
  readonly callers: readonly OtherUser[];
  readonly readers: readonly OtherUser[];
  /** Name of a reader's consumer. */
  readonly durable: string;
}

/** The driver, then its callers, then the readers. A key that occurs twice is one user with both permissions. */
export function usersOf(use: BusUse, driverKey: string, { callers, readers, durable }: OtherUsers): ServerUser[] {
  const { readings } = use;
  if (readers.length > 0 && readings === undefined) {
    throw new UsageError('--reader: the configuration has no settings.ingest, so there are no readings to read.');
  }
  const inboxes = callers.length === 0 ? [DEFAULT_INBOX] : callers.map(({ inbox }) => inbox);
  const users = new Map<string, ServerUser>();
  const add = (user: ServerUser): void => {
    const { title, publicKey, rights } = users.get(user.publicKey) ?? { ...user, rights: [] };
    if (publicKey === driverKey && title !== user.title) {
      throw new UsageError(`The key ${driverKey} is the driver's own. Give every other program a key of its own.`);
    }
    const known = new Set(rights.map(({ operation, subject }) => `${operation} ${subject}`));
    const more = user.rights.filter(({ operation, subject }) => !known.has(`${operation} ${subject}`));
    users.set(publicKey, {
      title: known.size === 0 ? title : `${title}; ${user.title}`,
      publicKey,
      rights: [...rights, ...more],
    });
  };
  add({ title: 'The driver', publicKey: driverKey, rights: driverRights(use, inboxes) });
  for (const { publicKey, inbox } of callers) {
    add({ title: 'A caller of the driver', publicKey, rights: callerRights(use, inbox) });
  }
  for (const { publicKey, inbox } of readers) {
    const rights = readings === undefined ? [] : readerRights(readings, durable, inbox);
    add({ title: 'A reader of the readings', publicKey, rights });
  }
  return [...users.values()];
}

/** @throws UsageError */
function readUsers(option: string, texts: readonly string[] = [], own: readonly string[]): OtherUser[] {
  return texts.map((text) => {
    const [publicKey = '', inbox = DEFAULT_INBOX] = text.split(/=(.*)/s, 2);
    const wrongKey = userPublicKey().safeParse(publicKey).error?.issues[0]?.message;
    if (wrongKey !== undefined) throw new UsageError(`${option}: ${wrongKey}.`);
    const wrongInbox = inboxProblem(inbox, own);
    if (wrongInbox !== undefined) throw new UsageError(`${option}: the inbox ${JSON.stringify(inbox)} ${wrongInbox}.`);
    return { publicKey, inbox };
  });
}

/** The driver publishes below an inbox, so the inbox must contain only answers. */
function inboxProblem(inbox: string, own: readonly string[]): string | undefined {
  const problem = subject().safeParse(inbox).error?.issues[0]?.message;
  if (problem !== undefined) return problem;
  if (inbox.startsWith('$')) return 'must not begin with $, which belongs to the server';
  const holdsOwn = own.some((pattern) => `${pattern}.`.startsWith(`${inbox}.`));
  if (holdsOwn || replyRule(own)(`${inbox}.x`) !== undefined) {
    return 'holds subjects of the driver itself; choose another, such as _INBOX_dashboards';
  }
  return undefined;
}

/** @throws UsageError */
function readDurable(durable: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(durable)) return durable;
  throw new UsageError('--durable: must be 1 to 64 letters, digits, - or _.');
}

/** Whether the driver or a reader uses a stream. */
export const needsJetStream = ({ readings }: BusUse): boolean =>
  readings !== undefined && (readings.stream !== undefined || readings.consumers.length > 0);

/** In the JSON form that nats-server accepts as well as its own syntax. */
function jsonUser({ publicKey, rights }: ServerUser): object {
  const subjects = (operation: Right['operation']): object => {
    const allow = rights.filter((right) => right.operation === operation).map(({ subject }) => subject);
    return allow.length === 0 ? { deny: ['>'] } : { allow };
  };
  return { nkey: publicKey, permissions: { publish: subjects('publish'), subscribe: subjects('subscribe') } };
}
