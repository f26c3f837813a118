/**
 * The user, server and topic of the commands that ask a driver: from options, a saved context, or the configuration of
 * the driver.
 */
import { resolve } from 'node:path';
import { loadConfigFile } from '../app/configuration.ts';
import type { BusOptions } from '../bus/connection/connection.ts';
import { subject } from '../config/fields.ts';
import { CONFIG_FILE, CONFIG_VARIABLE } from '../config/file-names.ts';
import { modeOnDisk, readFromDisk } from '../config/files.ts';
import { parseSeed, publicKeyOf, seedLocation } from '../config/keyfile.ts';
import { isAddress, parseNatsUrl, type NatsAddress } from '../config/natsurl.ts';
import { ConfigError } from '../config/problems.ts';
import { certificateFile, Reference } from '../config/references.ts';
import { Resolver } from '../config/resolve.ts';
import { ContextError, contextNamed, namedContext, readContexts } from './query/contexts.ts';
import type { Terminal } from './terminal.ts';

/** The options of these commands. */
export interface CallerOptions {
  context?: string | undefined;
  config?: string | undefined;
  nats?: string | undefined;
  ca?: string | undefined;
  serverName?: string | undefined;
  tlsFirst?: boolean | undefined;
  insecure?: boolean | undefined;
  nkey?: string | undefined;
  topic?: string | undefined;
  inbox?: string | undefined;
}

/** The resolved settings of a caller. */
export interface CallerSettings {
  readonly bus: Pick<BusOptions, 'servers' | 'seed' | 'tls'>;
  readonly publicKey: string;
  readonly topic: string;
  /** Inbox prefix for answers. Undefined for the default. */
  readonly inboxPrefix: string | undefined;
  /** Of the context. Undefined if there is none. */
  readonly timeZone: string | undefined;
  /** Where the settings come from. */
  readonly access: Access;
}

/** Reads no secret except the NKey seed. Prints the problems and returns undefined if something is missing or wrong. */
export async function callerOf(given: CallerOptions, terminal: Terminal): Promise<CallerSettings | undefined> {
  const problems: string[] = [];
  try {
    const { options, timeZone } = await withContext(given, terminal);
    const access = options.nats === undefined ? await configured(options, terminal) : byOptions(options, options.nats);
    problems.push(...access.problems);
    const { ca, seed, addresses, topic } = access;
    const resolver = new Resolver(access.file, terminal.env, readFromDisk, modeOnDisk);
    const authorities = ca && (await resolver.content(ca.name, ca.reference));
    const key = seed && (await resolver.content(seed.name, seed.reference));
    problems.push(...resolver.problems.map(({ path, message }) => `${path}: ${message}.`));
    for (const [option, text] of [
      ['--topic', options.topic],
      ['--inbox', options.inbox],
    ] as const) {
      const problem = text === undefined ? undefined : subject().safeParse(text).error?.issues[0]?.message;
      if (problem !== undefined) problems.push(`${option}: ${problem}.`);
    }
    if (problems.length > 0 || key === undefined || topic === undefined) {
      for (const problem of problems) terminal.err(problem);
      return undefined;
    }
    const { encrypted, serverName, tlsFirst } = access;
    return {
      bus: {
        servers: addressList(addresses),
        seed: key.text,
        tls: encrypted ? { ca: authorities?.text, serverName, first: tlsFirst } : 'insecure',
      },
      publicKey: publicKeyOf(key.text) ?? '',
      topic,
      inboxPrefix: options.inbox,
      timeZone,
      access,
    };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ContextError)) throw error;
    terminal.err(error.message);
    return undefined;
  }
}

/** The options, completed by those of a context. */
interface Completed {
  readonly options: CallerOptions;
  readonly timeZone: string | undefined;
}

/**
 * Completes the options from a context: the named one, or the current one if there is no other choice. Options of the
 * command line override its members.
 * @throws ContextError
 */
async function withContext(options: CallerOptions, { env }: Terminal): Promise<Completed> {
  const explicit = options.nats !== undefined || options.config !== undefined;
  const name = explicit ? options.context : namedContext(options.context, env);
  const hasOther = explicit || (env[CONFIG_VARIABLE] ?? '') !== '';
  if (name === undefined && hasOther) return { options, timeZone: undefined };
  const contexts = await readContexts(env);
  const chosen = name ?? contexts.current;
  if (chosen === null) return { options, timeZone: undefined };
  const { timeZone, ...context } = contextNamed(contexts, chosen);
  return { options: { ...context, ...options }, timeZone };
}

/** A file, and the option or key that names it. */
interface NamedReference {
  readonly name: string;
  readonly reference: Reference;
}

/** Server and topic. Problems are listed in `problems`. */
export interface Access {
  readonly problems: readonly string[];
  readonly addresses: readonly NatsAddress[];
  readonly encrypted: boolean;
  readonly serverName: string | undefined;
  readonly tlsFirst: boolean | undefined;
  readonly ca: NamedReference | undefined;
  readonly seed: NamedReference | undefined;
  /** Relative paths start at its folder. */
  readonly file: string;
  readonly topic: string | undefined;
}

/** @throws ConfigError */
async function configured(options: CallerOptions, terminal: Terminal): Promise<Access> {
  const misplaced = (['ca', 'serverName', 'tlsFirst', 'insecure'] as const)
    .filter((name) => options[name] !== undefined)
    .map(
      (name) => `${optionNames[name]}: belongs to --nats. Without --nats the connection is that of the configuration.`,
    );
  const { path, file } = await loadConfigFile({ path: options.config, env: terminal.env }).catch((error: unknown) => {
    throw withoutConfiguration(error);
  });
  const { tls, insecure } = file.settings.bus;
  const addresses = parseNatsUrl(file.natsurl).filter(isAddress);
  return {
    problems: misplaced,
    addresses,
    encrypted: !isPlain(addresses, insecure),
    serverName: tls.serverName,
    tlsFirst: tls.first,
    ca: tls.caFile && { name: 'settings.bus.tls.caFile', reference: tls.caFile },
    seed:
      options.nkey === undefined ? seedLocation(path, file.settings.bus.seed, terminal.env) : ofCaller(options.nkey),
    topic: options.topic ?? file.reqtopic,
    file: path,
  };
}

/** `--nkey`, which starts at the working directory. */
const ofCaller = (path: string): NamedReference => ({
  name: '--nkey',
  reference: new Reference({ file: resolve(path) }, parseSeed),
});

/** A caller on another machine has no driver configuration. The message explains the options to use instead. */
function withoutConfiguration(error: unknown): unknown {
  if (!(error instanceof ConfigError) || !error.message.includes('does not exist')) return error;
  const [first, ...rest] = error.problems;
  const message = `${first?.message ?? ''}. Without a ${CONFIG_FILE}, say with --nats, --nkey and --topic where to ask, and as whom, or save that once with "iota-seeqdrv context save"`;
  return new ConfigError(error.file, [{ path: '', ...first, message }, ...rest], error.warnings);
}

/** All settings from the command line. */
function byOptions(options: CallerOptions, url: string): Access {
  const { ca, serverName, tlsFirst, insecure = false, nkey, topic } = options;
  const parts = parseNatsUrl(url);
  const addresses = parts.filter(isAddress);
  const plain = isPlain(addresses, insecure);
  const problems = parts.flatMap((part) => (isAddress(part) ? [] : [`--nats: ${part.problem}.`]));
  if (problems.length === 0 && insecure && !plain) {
    problems.push('--insecure: has no effect; only nats:// addresses in --nats can use plain TCP.');
  }
  if (plain) {
    const ofTls = (['ca', 'serverName', 'tlsFirst'] as const).filter((name) => options[name] !== undefined);
    problems.push(...ofTls.map((name) => `${optionNames[name]}: is for TLS, which --insecure switches off.`));
  }
  if (nkey === undefined)
    problems.push('--nkey: is missing. With --nats, name the file with the NKey seed of the caller.');
  if (topic === undefined)
    problems.push('--topic: is missing. With --nats, name the request topic (reqtopic) of the driver.');
  return {
    problems,
    addresses,
    encrypted: !plain,
    serverName,
    tlsFirst,
    ca: ca === undefined ? undefined : { name: '--ca', reference: certificateFile().parse(resolve(ca)) },
    seed: nkey === undefined ? undefined : ofCaller(nkey),
    topic,
    file: resolve(CONFIG_FILE),
  };
}

const optionNames = {
  ca: '--ca',
  serverName: '--server-name',
  tlsFirst: '--tls-first',
  insecure: '--insecure',
} as const;

/** Plain TCP needs the scheme and the permission, as in the configuration. */
const isPlain = (addresses: readonly NatsAddress[], insecure: boolean): boolean =>
  insecure && addresses.every(({ scheme }) => scheme === 'nats');

const addressList = (addresses: readonly NatsAddress[]): string[] =>
  addresses.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`);

/** Addresses in the form of `--nats`. */
export const addressesText = (addresses: readonly NatsAddress[]): string => addressList(addresses).join(',');
