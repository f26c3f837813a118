import { dirname, join, resolve } from 'node:path';
import { crossChecks } from './checks.ts';
import type { BusConfig, Config, IngestConfig } from './config.ts';
import { configJsonSchema, explainConfig, unknownTopLevel } from './explain.ts';
import { WITHOUT_WORDS } from '../lib/explain.ts';
import { CONFIG_FILE, CONFIG_VARIABLE, KEY_FILE, KEY_VARIABLE } from './file-names.ts';
import { type FileMode, modeOnDisk, readFromDisk, readText, type ReadFile } from './files.ts';
import { JsonError, readJson } from '../lib/json.ts';
import { publicKeyOf, readSeed } from './keyfile.ts';
import { isAddress, parseNatsUrl } from './natsurl.ts';
import { ConfigError } from './problems.ts';
import { pathText, type Problem } from '../lib/problem.ts';
import { kindOf } from '../lib/shown-value.ts';
import { resolveRefs } from './resolve-refs.ts';
import { readServerParts, Resolver, serverConfig, type ServerParts } from './resolve.ts';
import { contentProblems } from './ingest/file-checks.ts';
import { ingestSchema } from './ingest/schema.ts';
import { configSchema, type ConfigFile } from './schema.ts';
import { rereadable } from './reread.ts';
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

/** A valid configuration. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  readonly path: string;
  readonly config: Config;
  /** Problems that do not prevent its use. */
  readonly warnings: readonly Problem[];
}

/** A configuration file that matches the schema. Its secrets and certificates were not read. */
export interface LoadedFile {
  /** Absolute path of the file. */
  readonly path: string;
  readonly file: ConfigFile;
}

/**
 * Reads the configuration file only, for commands that need neither the driver's key nor a secret.
 * @throws ConfigError with every mistake in the file
 */
export async function loadConfigFile(options: LoadOptions = {}): Promise<LoadedFile> {
  const { env = process.env, readFile = readFromDisk } = options;
  const path = pathOf(options.path, env);
  const { root, duplicates } = await readRoot(path, readFile);
  const parsed = configSchema.safeParse(root, WITHOUT_WORDS);
  const problems = [
    ...duplicates,
    ...(parsed.success ? [] : explainConfig(parsed.error.issues, root)),
    ...crossChecks(root).problems,
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(path, problems);
  return { path, file: parsed.data };
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
export async function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  const { env = process.env, readFile = readFromDisk, modeOf = modeOnDisk } = options;
  const path = pathOf(options.path, env);
  const { root, duplicates } = await readRoot(path, readFile);

  const parsed = configSchema.safeParse(root, WITHOUT_WORDS);
  const checked = crossChecks(root);
  const resolver = new Resolver(path, env, readFile, modeOf);
  const settings = (root.settings ?? {}) as Readonly<Record<string, unknown>>;
  const rawServers = Array.isArray(settings.servers) ? (settings.servers as unknown[]) : [];
  const rawBus = (settings.bus ?? {}) as Readonly<Record<string, unknown>>;
  const [key, ca, servers, ingest] = await Promise.all([
    readKey(keyFileOf(path, rawBus.keyFile, env), root.publickey, readFile, resolver),
    resolver.certificates('settings.bus.caFile', rawBus.caFile),
    Promise.all(rawServers.map((server, index) => readServerParts(resolver, server, index))),
    readIngest(resolver, settings.ingest),
  ]);

  const warnings = [...unknownTopLevel(root), ...checked.warnings, ...resolver.warnings];
  const problems = [
    ...duplicates,
    ...(parsed.success ? [] : explainConfig(parsed.error.issues, root)),
    ...checked.problems,
    ...key.problems,
    ...resolver.problems,
  ];
  const config =
    parsed.success && key.seed && problems.length === 0
      ? assemble(parsed.data, { servers, ca, seed: key.seed, ingest })
      : undefined;
  if (!config) throw new ConfigError(path, problems, warnings);
  return { path, config, warnings };
}

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
    const { value, duplicates } = readJson(text.value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigError(path, [{ path: '', message: `must hold one JSON object, not ${kindOf(value)}` }]);
    }
    return {
      root: withoutEmpty(value as Readonly<Record<string, unknown>>),
      duplicates: duplicates.map((key) => ({ path: pathText(key), message: 'stands twice in the file; keep one' })),
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

/** A key file, and the setting that names it. */
export interface KeyFile {
  readonly name: string;
  readonly path: string;
}

/** The path of the key file: from the variable, from the configuration, or beside the configuration. */
export function keyFileOf(config: string, given: unknown, env: Readonly<Record<string, string | undefined>>): KeyFile {
  const named = env[KEY_VARIABLE];
  if (named !== undefined && named !== '') return { name: KEY_VARIABLE, path: resolve(named) };
  if (typeof given !== 'string' || given === '') return { name: KEY_FILE, path: join(dirname(config), KEY_FILE) };
  return { name: 'settings.bus.keyFile', path: resolve(dirname(config), given) };
}

async function readKey(
  { name, path }: KeyFile,
  publicKey: unknown,
  readFile: ReadFile,
  resolver: Resolver,
): Promise<{ seed?: SecretSource; problems: Problem[] }> {
  const seed = await readSeed(readFile, path);
  if (!seed.ok) return { problems: [{ path: name, message: seed.message }] };
  await resolver.checkMode(name, path);
  const belongs = publicKeyOf(seed.value);
  // The schema reports a missing or malformed public key.
  if (typeof publicKey === 'string' && /^U[A-Z2-7]{55}$/.test(publicKey) && belongs !== publicKey) {
    const message = `does not match publickey: the seed in ${path} belongs to ${belongs ?? 'another key'}`;
    return { problems: [{ path: name, message, value: publicKey }] };
  }
  return { seed: rereadable(name, seed.value, () => readSeed(readFile, path)), problems: [] };
}

/** The feeds with their references resolved. Undefined if there are none, or if the schema reports a problem. */
async function readIngest(resolver: Resolver, raw: unknown): Promise<IngestConfig | undefined> {
  const parsed = ingestSchema.safeParse(raw);
  const node = configJsonSchema().properties?.settings?.properties?.ingest;
  if (!parsed.success || !node) return undefined;
  const proxies = parsed.data.iotopen.map(({ proxy, url }, index) =>
    resolver.proxy(`settings.ingest.iotopen[${index}]`, proxy, url),
  );
  const iotopen = parsed.data.iotopen.map(({ proxy: _proxy, ...platform }) => platform);
  const resolved = await resolveRefs(resolver, 'settings.ingest', node, { ...parsed.data, iotopen });
  const reached = resolved.iotopen.map(async (platform, index) => {
    const proxy = await proxies[index];
    return proxy === undefined ? platform : { ...platform, proxy };
  });
  const ingest = { ...resolved, iotopen: await Promise.all(reached) };
  resolver.problems.push(...(await contentProblems(ingest)));
  return ingest;
}

interface Parts {
  readonly servers: readonly ServerParts[];
  readonly ca: SecretSource | undefined;
  readonly seed: SecretSource;
  readonly ingest: IngestConfig | undefined;
}

function assemble(file: ConfigFile, { servers: parts, ca, seed, ingest }: Parts): Config | undefined {
  const { natsurl, settings, ...top } = file;
  const servers = settings.servers.flatMap((server, index) => {
    const part = parts[index];
    return part?.credentials ? [serverConfig(server, part.credentials, part)] : [];
  });
  if (servers.length !== settings.servers.length) return undefined;
  const { caFile: _file, keyFile: _key, insecure, ...rest } = settings.bus;
  const addresses = parseNatsUrl(natsurl).filter(isAddress);
  const tls = !(insecure && addresses.every((address) => address.scheme === 'nats'));
  const bus: BusConfig = { ...rest, addresses, tls, seed, ...(ca === undefined ? {} : { ca }) };
  return { ...top, servers, limits: settings.limits, bus, ...(ingest === undefined ? {} : { ingest }) };
}
