/** Where the command `map` reads its mapping: the configuration, or a file with only a mapping. */
import { z } from 'zod';
import { IN_A_FILE } from '../config/json-schema.ts';
import { explain, type SchemaNode, WITHOUT_WORDS } from '../lib/wording/explain.ts';
import { readFromDisk, readText } from '../config/files.ts';
import { JsonError, readJson } from '../lib/json.ts';
import { pathText, problemText } from '../lib/wording/problem.ts';
import { commonKeys, timesSchema, type IngestConfig } from '../ingest/config.ts';
import { topicSchema } from '../ingest/mapping/config.ts';
import type { TimeLimits } from '../ingest/source-timestamp.ts';
import type { MappingEntry } from '../ingest/mapping/mapping.ts';
import type { Origin } from '../ingest/reading.ts';
import { readConfig } from './check.ts';
import { mappingKinds, type MappingKind } from './mapping-kinds.ts';
import type { Terminal } from './terminal.ts';

/** A mapping, and the settings that affect its readings. */
export interface FoundMapping {
  readonly origin: Origin;
  readonly prefix: string;
  readonly times: TimeLimits;
  readonly entries: readonly MappingEntry[];
  /** Location of an entry. */
  readonly path: (at: number) => string;
}

interface Connection {
  readonly name: string;
  /** Location of its entries. */
  readonly path: string;
  readonly entries: readonly MappingEntry[];
}

/** The connections of each kind. */
const KINDS = {
  mqtt: ({ mqtt }: IngestConfig): Connection[] =>
    mqtt.map(({ name, topics }, at) => ({ name, entries: topics, path: `settings.ingest.mqtt[${at}].topics` })),
  i3: ({ i3 }: IngestConfig): Connection[] =>
    i3.map(({ name, products }, at) => ({
      name,
      entries: products.map((product) => ({ ...product, filter: product.topic })),
      path: `settings.ingest.i3[${at}].products`,
    })),
} satisfies Record<MappingKind, (config: IngestConfig) => Connection[]>;

interface SourceOptions {
  readonly config?: string;
  readonly mapping?: string;
  readonly broker?: string;
  readonly kind?: string;
}

/** Undefined if there is none. The terminal then shows why. */
export async function findMapping(options: SourceOptions, terminal: Terminal): Promise<FoundMapping | undefined> {
  if (options.mapping !== undefined) return fromFile(options.mapping, options.broker ?? 'example', terminal);
  const loaded = await readConfig(options.config, terminal);
  if (loaded === undefined) return undefined;
  const { ingest } = loaded.config;
  const all = ingest === undefined ? [] : mappingKinds.flatMap((kind) => connectionsOf(ingest, kind));
  const fitting = all.filter(({ kind, name }) => (options.kind ?? kind) === kind && (options.broker ?? name) === name);
  const [only, ...more] = fitting;
  if (ingest === undefined || only === undefined || more.length > 0) {
    const names = (fitting.length > 0 ? fitting : all).map(({ kind, name }) => `${kind} ${JSON.stringify(name)}`);
    const what = fitting.length > 0 ? 'Several connections fit' : 'No connection fits';
    const hint = names.length > 0 ? `; name one with --broker and --kind: ${names.join(', ')}` : '; none is configured';
    terminal.err(`${what}${hint}.`);
    return undefined;
  }
  const { kind, name, entries, path } = only;
  return {
    origin: { scheme: kind, connection: name },
    prefix: ingest.prefix,
    times: ingest.times,
    entries,
    path: (at) => `${path}[${at}]`,
  };
}

const connectionsOf = (ingest: IngestConfig, kind: MappingKind) =>
  KINDS[kind](ingest).map((connection) => ({ ...connection, kind }));

async function fromFile(file: string, connection: string, terminal: Terminal): Promise<FoundMapping | undefined> {
  const value = await readJsonFile(file, terminal);
  if (value === undefined) return undefined;
  const list = Array.isArray(value);
  const entries: unknown[] = list ? value : [value];
  const schema = z.array(topicSchema);
  const parsed = schema.safeParse(entries, WITHOUT_WORDS);
  if (!parsed.success) {
    const node = z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
    for (const { path, ...problem } of explain(parsed.error.issues, entries, node, IN_A_FILE)) {
      terminal.err(`${file}: ${problemText({ ...problem, path: list ? path : path.replace(/^\[0\]\.?/, '') })}`);
    }
    return undefined;
  }
  return {
    origin: { scheme: 'mqtt', connection },
    prefix: commonKeys.prefix.parse(undefined),
    times: timesSchema.parse({}),
    entries: parsed.data,
    path: (at) => (list ? `${file}[${at}]` : file),
  };
}

async function readJsonFile(file: string, terminal: Terminal): Promise<unknown> {
  const text = await readText(readFromDisk, file);
  if (!text.ok) {
    terminal.err(`The mapping cannot be read: ${text.message}.`);
    return undefined;
  }
  try {
    const { value, duplicates } = readJson(text.value);
    if (duplicates.length === 0) return value;
    for (const path of duplicates) terminal.err(`${file}: ${pathText(path)} occurs twice; keep one`);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    terminal.err(`${file} is no valid JSON: ${error.message}`);
  }
  return undefined;
}
