import { createUser } from 'nkeys.js';
import { configSchema, type LoadedConfig } from '../../src/app/configuration.ts';
import * as loader from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import type { ConfigFile } from '../../src/config/schema.ts';
import type { Problem } from '../../src/lib/wording/problem.ts';

/** A configuration file, free to be bent by a test. */
export type Raw = Record<string, unknown>;

/** An NKey pair of a user. */
export interface Pair {
  readonly publicKey: string;
  readonly seed: string;
}

export function makePair(): Pair {
  const pair = createUser();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

export const pair = makePair();

/** Passwords of the fixture; no text of a problem may hold one. */
export const secrets = { accessKey: 'KEY-5e3c9a', password: 'pass-77aa01', file: 'file-c0ffee' } as const;

/** The smallest good server. */
export const server = (more: Raw = {}): Raw => ({
  name: 'plant-a',
  url: 'https://seeq.example.com',
  credentials: { accessKey: { env: 'SEEQ_KEY' }, password: { file: 'seeq.password' } },
  ...more,
});

/** The smallest good file. */
export const good = (more: Raw = {}, settings: Raw = {}): Raw => ({
  natsurl: 'mon.example.com:443',
  publickey: pair.publicKey,
  reqtopic: 'us-east-1.site-a.seeq.request',
  settings: { servers: [server()], ...settings },
  ...more,
});

/** What a configuration is read from: the other files, by absolute path, and the environment. */
export interface Surroundings {
  readonly files?: Readonly<Record<string, string | Uint8Array | Error>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Permissions, by absolute path. */
  readonly modes?: Readonly<Record<string, number>>;
}

const CONFIG = '/etc/driver/iota.seeqdrv.json';

/** Loads a configuration out of nothing but memory; `text` stands in for the file as it is. */
export const load = (text: unknown, surroundings?: Surroundings): Promise<LoadedConfig> =>
  loadWith(configSchema, text, surroundings);

/** The same with another schema. */
export function loadWith<F extends ConfigFile>(
  schema: loader.ConfigSchema<F>,
  text: unknown,
  surroundings: Surroundings = {},
): Promise<loader.LoadedConfig<F>> {
  const raw = typeof text === 'string' || text instanceof Uint8Array ? text : JSON.stringify(text);
  const files: Record<string, string | Uint8Array | Error> = {
    [CONFIG]: raw,
    '/etc/driver/privatekey.nk': `${pair.seed}\n`,
    '/etc/driver/seeq.password': `${secrets.file}\n`,
    ...surroundings.files,
  };
  return loader.loadConfig(schema, {
    path: CONFIG,
    env: { SEEQ_KEY: secrets.accessKey, SEEQ_PASSWORD: secrets.password, ...surroundings.env },
    modeOf: async (path) => surroundings.modes?.[path],
    readFile: async (path) => {
      const content = files[path] ?? fileError('ENOENT');
      if (content instanceof Error) throw content;
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
  });
}

/** The error that `node:fs` would give. */
export const fileError = (code: string): Error => Object.assign(new Error(code), { code });

/** Loads what must fail, and gives what it says. */
export async function refusal(text: unknown, surroundings?: Surroundings): Promise<ConfigError> {
  const failure: unknown = await load(text, surroundings).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ConfigError)) throw new Error(`no ConfigError but ${String(failure)}`);
  return failure;
}

/** The problems of what must fail. */
export async function problems(text: unknown, surroundings?: Surroundings): Promise<readonly Problem[]> {
  return (await refusal(text, surroundings)).problems;
}

/** The only problem of what must fail in one way. */
export async function problem(text: unknown, surroundings?: Surroundings): Promise<Problem> {
  const [first, ...more] = await problems(text, surroundings);
  if (!first || more.length > 0) throw new Error(`not one problem: ${JSON.stringify([first, ...more])}`);
  return first;
}
