import { resolve } from 'node:path';
import type { z } from 'zod';
import { explain, keysOf, type SchemaNode } from '../lib/wording/explain.ts';
import { JsonError, readJson, withoutComments } from '../lib/json.ts';
import { pathText, type Problem } from '../lib/wording/problem.ts';
import { kindOf } from '../lib/wording/shown-value.ts';
import { didYouMean } from '../lib/wording/suggest.ts';
import { type EnvironmentValue, withEnvironment, withVariable } from './environment.ts';
import { CONFIG_FILE, CONFIG_VARIABLE } from './file-names.ts';
import { type FileMode, modeOnDisk, readFromDisk, readText, type ReadFile } from './files.ts';
import { IN_A_FILE, jsonSchemaOf } from './json-schema.ts';
import { publicKeyOf, seedLocation, type SeedLocation } from './keyfile.ts';
import { isAddress, type NatsAddress, parseNatsUrl } from './natsurl.ts';
import { ConfigError } from './problems.ts';
import { Reference, type Resolved } from './references.ts';
import { Resolver } from './resolve.ts';
import { validate } from './rules.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretSource } from './secret.ts';

/** Where to read. All members have defaults. */
export interface LoadOptions {
  /** Path of the file. Default: `IOTA_SEEQDRV_CONFIG`, otherwise `iota.seeqdrv.json` in the working directory. */
  readonly path?: string | undefined;
  /** The environment. Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Reads files. Default: from the disk. */
  readonly readFile?: ReadFile;
  /** Reads the permissions of files. Default: from the disk. */
  readonly modeOf?: FileMode;
}

/** Where the bus is, how it is reached, and as whom. */
interface BusAccess {
  /** At least one. */
  readonly addresses: readonly NatsAddress[];
  /** False only with `nats://` addresses and the explicit permission. */
  readonly encrypted: boolean;
  /** The NKey seed of the driver's user. */
  readonly seed: SecretSource;
}

/**
 * The whole configuration, ready to use: the keys at the top beside the members of `settings`. Secrets and certificates
 * are read again for every use.
 */
export type Config<F extends ConfigFile> = Omit<F, 'settings' | 'natsurl'> &
  Omit<Resolved<F['settings']>, 'bus'> & { readonly bus: Omit<Resolved<F['settings']['bus']>, 'seed'> & BusAccess };

/** A valid configuration. */
export interface LoadedConfig<F extends ConfigFile> {
  /** Absolute path of the file. */
  readonly path: string;
  readonly config: Config<F>;
  /** Problems that do not prevent its use. */
  readonly warnings: readonly Problem[];
}

/** A configuration file that matches the schema. Its secrets and certificates were not read. */
export interface LoadedFile<F extends ConfigFile> {
  /** Absolute path of the file. */
  readonly path: string;
  readonly file: F;
  /** The values that are from the environment, not from the file. */
  readonly fromEnvironment: readonly EnvironmentValue[];
}

/** The schema of a configuration file; see `configFile`. */
export type ConfigSchema<F extends ConfigFile> = z.ZodType<F>;

/**
 * Reads the configuration file only, for commands that need neither the driver's key nor a secret.
 * @throws ConfigError with every mistake in the file
 */
export async function loadConfigFile<F extends ConfigFile>(
  schema: ConfigSchema<F>,
  options: LoadOptions = {},
): Promise<LoadedFile<F>> {
  const { env = process.env, readFile = readFromDisk } = options;
  const path = pathOf(options.path, env);
  const { draft, problems, fromEnvironment } = await readDraft(schema, path, readFile, env);
  if (problems.length > 0) throw new ConfigError(path, problems);
  return { path, file: draft, fromEnvironment };
}

/** The path of the file. An empty variable is ignored. */
function pathOf(given: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const named = env[CONFIG_VARIABLE] === '' ? undefined : env[CONFIG_VARIABLE];
  return resolve(given ?? named ?? CONFIG_FILE);
}

/**
 * Reads the configuration, the key file beside it, and every secret and certificate that it refers to.
 * @throws ConfigError with every mistake
 */
export async function loadConfig<F extends ConfigFile>(
  schema: ConfigSchema<F>,
  options: LoadOptions = {},
): Promise<LoadedConfig<F>> {
  const { env = process.env, readFile = readFromDisk, modeOf = modeOnDisk } = options;
  const path = pathOf(options.path, env);
  const { draft, problems: inFile, warnings: ofFile } = await readDraft(schema, path, readFile, env);
  const { natsurl, settings: given, ...top } = draft;

  const resolver = new Resolver(path, env, readFile, modeOf);
  const { bus: draftBus, ...draftSettings } = objectOf(given);
  const { seed: givenSeed, ...busSettings } = objectOf(draftBus);
  const [seed, settings, bus] = await Promise.all([
    readSeed(resolver, seedLocation(path, givenSeed instanceof Reference ? givenSeed : undefined, env), top.publickey),
    resolver.resolve('settings', draftSettings),
    resolver.resolve('settings.bus', busSettings),
  ]);

  const problems = [...inFile, ...resolver.problems];
  const warnings = [...ofFile, ...resolver.warnings];
  if (seed === undefined || problems.length > 0) throw new ConfigError(path, problems, warnings);
  const addresses = parseNatsUrl(natsurl).filter(isAddress);
  const plain = draft.settings.bus.insecure && addresses.every(({ scheme }) => scheme === 'nats');
  const config = { ...top, ...settings, bus: { ...bus, addresses, encrypted: !plain, seed } };
  return { path, config: config as unknown as Config<F>, warnings };
}

/** The file against its schema. */
interface Draft<F> {
  /** The value; with problems it is valid in parts only. */
  readonly draft: F;
  readonly fromEnvironment: readonly EnvironmentValue[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

async function readDraft<F extends ConfigFile>(
  schema: ConfigSchema<F>,
  path: string,
  readFile: ReadFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Draft<F>> {
  const { root: ofFile, duplicates } = await readRoot(path, readFile);
  const node = jsonSchemaOf(schema);
  const { root, values, problems: ofEnvironment } = withEnvironment(ofFile, env, node);
  const { value, issues, warnings } = validate(schema, root);
  const named = (problem: Problem): Problem => withVariable(problem, values);
  return {
    draft: value,
    fromEnvironment: values,
    problems: [...duplicates, ...ofEnvironment, ...explain(issues, root, node, IN_A_FILE).map(named)],
    warnings: [
      ...unknownTopLevel(root, node),
      ...explain(warnings, root, node, IN_A_FILE).map(withoutValue).map(named),
    ],
  };
}

/** A warning describes the value itself. */
const withoutValue = ({ path, message }: Problem): Problem => ({ path, message });

/** A part of a draft. */
const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};

interface Root {
  readonly root: Readonly<Record<string, unknown>>;
  readonly duplicates: readonly Problem[];
}

async function readRoot(path: string, readFile: ReadFile): Promise<Root> {
  const text = await readText(readFile, path);
  if (!text.ok) {
    const hint = `name another with --config or the variable ${CONFIG_VARIABLE}`;
    throw new ConfigError(path, [{ path: '', message: `${text.message}; ${hint}` }]);
  }
  try {
    const { value, duplicates } = readJson(withoutComments(text.value));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigError(path, [{ path: '', message: `must hold one JSON object, not ${kindOf(value)}` }]);
    }
    return {
      root: withoutEmpty(value as Readonly<Record<string, unknown>>),
      duplicates: duplicates.map((key) => ({ path: pathText(key), message: 'occurs twice in the file; keep one' })),
    };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ConfigError(path, [{ path: '', message: `is no valid JSON. ${error.message}` }]);
  }
}

/** IOTA documents `null` as the default of its optional keys, and installers write "" for unused topics. */
function withoutEmpty(root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(root).filter(([, value]) => value !== null && value !== ''));
}

/** A warning for each top-level key that IOTA does not document. IOTA may add keys, so they are no error. */
function unknownTopLevel(root: Readonly<Record<string, unknown>>, schema: SchemaNode): Problem[] {
  const known = keysOf(schema);
  const own = keysOf(schema.properties?.settings);
  return Object.keys(root)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const hint = own.includes(key) ? '; it belongs into settings' : didYouMean(key, known);
      return { path: pathText([key]), message: `is not a known key and is ignored${hint}` };
    });
}

/** The seed, if it is the one of `publickey`. Problems are recorded. */
async function readSeed(
  resolver: Resolver,
  { name, reference }: SeedLocation,
  publicKey: unknown,
): Promise<SecretSource | undefined> {
  const content = await resolver.content(name, reference);
  const belongs = content && publicKeyOf(content.text);
  // The schema reports a missing or malformed public key.
  if (content && typeof publicKey === 'string' && /^U[A-Z2-7]{55}$/.test(publicKey) && belongs !== publicKey) {
    const message = `does not match publickey: the seed in ${content.name} belongs to ${belongs ?? 'another key'}`;
    resolver.problems.push({ path: name, message, value: publicKey });
  }
  return content?.source;
}
