/** The user, server and topic of `call` and `watch`: from the configuration of the driver, or from options. */
import { dirname, resolve } from 'node:path';
import type { BusOptions } from '../bus/connection/connection.ts';
import { subject } from '../config/fields.ts';
import { CONFIG_FILE } from '../config/file-names.ts';
import { readCertificates, readFromDisk, type Found } from '../config/files.ts';
import { publicKeyOf, readSeed } from '../config/keyfile.ts';
import { keyFileOf, loadConfigFile } from '../config/load.ts';
import { isAddress, parseNatsUrl, type NatsAddress } from '../config/natsurl.ts';
import { ConfigError } from '../config/problems.ts';
import type { Terminal } from './terminal.ts';

/** The options of both commands. */
export interface CallerOptions {
  config?: string;
  nats?: string;
  ca?: string;
  serverName?: string;
  tlsFirst?: boolean;
  insecure?: boolean;
  nkey?: string;
  topic?: string;
  inbox?: string;
}

/** The resolved settings of a caller. */
export interface Caller {
  readonly bus: Pick<BusOptions, 'servers' | 'seed' | 'tls'>;
  readonly publicKey: string;
  readonly topic: string;
  /** Inbox prefix for answers. Undefined for the default. */
  readonly inboxPrefix: string | undefined;
}

/** Reads no secret except the NKey seed. Prints the problems and returns undefined if something is missing or wrong. */
export async function callerOf(options: CallerOptions, terminal: Terminal): Promise<Caller | undefined> {
  const problems: string[] = [];
  const got = <T>(option: string, found: Found<T>): T | undefined => {
    if (found.ok) return found.value;
    problems.push(`${option}: ${found.message}.`);
    return undefined;
  };
  try {
    const access = options.nats === undefined ? await configured(options, terminal) : byOptions(options, options.nats);
    problems.push(...access.problems);
    const { caFile, keyFile, addresses, topic } = access;
    const ca = caFile && got(caFile.option, await readCertificates(readFromDisk, resolve(caFile.path)));
    const seed = keyFile && got(keyFile.option, await readSeed(readFromDisk, resolve(keyFile.path)));
    for (const [option, text] of [
      ['--topic', options.topic],
      ['--inbox', options.inbox],
    ] as const) {
      const problem = text === undefined ? undefined : subject().safeParse(text).error?.issues[0]?.message;
      if (problem !== undefined) problems.push(`${option}: ${problem}.`);
    }
    if (problems.length > 0 || seed === undefined || topic === undefined) {
      for (const problem of problems) terminal.err(problem);
      return undefined;
    }
    const { tls, serverName, tlsFirst } = access;
    return {
      bus: {
        servers: addresses.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
        seed: seed,
        tls: tls ? { ca, serverName, first: tlsFirst } : 'insecure',
      },
      publicKey: publicKeyOf(seed) ?? '',
      topic,
      inboxPrefix: options.inbox,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(error.message);
    return undefined;
  }
}

interface NamedFile {
  readonly option: string;
  readonly path: string;
}

/** Server and topic. Problems are listed in `problems`. */
interface Access {
  readonly problems: readonly string[];
  readonly addresses: readonly NatsAddress[];
  readonly tls: boolean;
  readonly serverName: string | undefined;
  readonly tlsFirst: boolean | undefined;
  readonly caFile: NamedFile | undefined;
  readonly keyFile: NamedFile | undefined;
  readonly topic: string | undefined;
}

/** @throws ConfigError */
async function configured(options: CallerOptions, terminal: Terminal): Promise<Access> {
  const misplaced = (['ca', 'serverName', 'tlsFirst', 'insecure'] as const)
    .filter((name) => options[name] !== undefined)
    .map((name) => `${optionNames[name]}: belongs to --nats. Without --nats the configuration says how to connect.`);
  const { path, file } = await loadConfigFile({ path: options.config, env: terminal.env }).catch((error: unknown) => {
    throw withoutConfiguration(error);
  });
  const { caFile, keyFile, serverName, tlsFirst, insecure } = file.settings.bus;
  const ownKey = keyFileOf(path, keyFile, terminal.env);
  const addresses = parseNatsUrl(file.natsurl).filter(isAddress);
  return {
    problems: misplaced,
    addresses,
    tls: !isPlain(addresses, insecure),
    serverName,
    tlsFirst,
    caFile: caFile === undefined ? undefined : { option: 'settings.bus.caFile', path: resolve(dirname(path), caFile) },
    keyFile:
      options.nkey === undefined
        ? { option: ownKey.name, path: ownKey.path }
        : { option: '--nkey', path: options.nkey },
    topic: options.topic ?? file.reqtopic,
  };
}

/** A caller on another machine has no driver configuration. The message explains the options to use instead. */
function withoutConfiguration(error: unknown): unknown {
  if (!(error instanceof ConfigError) || !error.message.includes('does not exist')) return error;
  const [first, ...rest] = error.problems;
  const message = `${first?.message ?? ''}. Without a ${CONFIG_FILE}, say with --nats, --nkey and --topic where to ask, and as whom`;
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
    tls: !plain,
    serverName,
    tlsFirst,
    caFile: ca === undefined ? undefined : { option: '--ca', path: ca },
    keyFile: nkey === undefined ? undefined : { option: '--nkey', path: nkey },
    topic,
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
