/** One entry of `topics`, compiled: which topics it takes, and how it reads their messages. */
import { parsePath, type JsonPath } from '../../config/ingest/json-path.ts';
import type { MappingFile, ValueFile } from '../../config/ingest/mapping.ts';
import { parsePattern } from '../../config/ingest/topic-filter.ts';
import type { TimeLimits } from '../claimed-time.ts';
import { timeReader, type Timed } from './claim.ts';
import { findAll, findOne, TooDeep, type Found } from './find.ts';
import { JsonTextError, parseJson, type JsonText } from './json-text.ts';
import { MAX_READINGS, type About, type MqttMessage, type Outcome } from './outcome.ts';
import { recordFinder, type JsonRecord } from './records.ts';
import { DEFAULT_NAME, nameTemplate, partProblem, tagOf } from './tag.ts';
import { topicFields, topicMatcher } from './topic.ts';
import { quoted, valueReader, type Read, type ReadValue } from './value.ts';

/** What an entry is made of; `topicSchema` gives it. */
export type MappingEntry = MappingFile & { readonly filter: string };

/** A topic that an entry takes. */
export interface Taken {
  readonly levels: readonly string[];
  /** The fields of the pattern. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Entry {
  /** Undefined if the entry does not take the topic. */
  take(levels: readonly string[]): Taken | undefined;
  read(message: MqttMessage, taken: Taken, outcome: Outcome): void;
}

/** One value, compiled. */
interface ValueRule {
  readonly path: JsonPath;
  readonly unitPath: JsonPath | undefined;
  readonly options: ValueFile;
  readonly read: ReadValue;
}

const ROOT = parsePath('$');

/** Compiles an entry. */
export function compileEntry(entry: MappingEntry, limits: TimeLimits): Entry {
  const matches = topicMatcher(entry.filter);
  const pattern = entry.pattern === undefined ? undefined : parsePattern(entry.pattern);
  const reader = new PayloadReader(entry, limits);
  return {
    take: (levels) => {
      if (!matches(levels)) return undefined;
      const fields = pattern === undefined ? {} : topicFields(pattern, levels);
      return fields === undefined ? undefined : { levels, fields };
    },
    read: (message, taken, outcome) => {
      reader.read(message, taken, outcome);
    },
  };
}

class PayloadReader {
  readonly #entry: MappingEntry;
  readonly #values: readonly ValueRule[];
  readonly #records;
  readonly #time;
  readonly #name;

  constructor(entry: MappingEntry, limits: TimeLimits) {
    this.#entry = entry;
    this.#values = (entry.values ?? [BARE_VALUE]).map((value) => compileValue(value, entry));
    this.#records = recordFinder(entry);
    this.#time = timeReader(entry, limits);
    this.#name = nameTemplate(entry.name ?? DEFAULT_NAME);
  }

  read(message: MqttMessage, taken: Taken, outcome: Outcome): void {
    const json = this.#decode(message.payload, outcome);
    if (json === undefined) return;
    const root: Found = { value: json.root, source: json.sourceOf(undefined, ''), place: '' };
    if (this.#entry.values === undefined && this.#entry.records === undefined && isObject(root.value)) {
      const what = Array.isArray(root.value) ? 'list; configure records and values' : 'object; configure values';
      outcome.reject('wrongShape', `The payload is a JSON ${what} with their paths for this filter.`);
      return;
    }
    let records: readonly JsonRecord[];
    try {
      records = this.#records(json, root, outcome);
    } catch (error) {
      rejectTooDeep(error, outcome);
      return;
    }
    for (const record of records) {
      if (outcome.overflown) return;
      const timed = this.#time(message, { json, root, record: record.found });
      if ('problem' in timed) outcome.reject('badTime', timed.problem, record.about);
      else for (const value of this.#values) this.#readValue({ message, taken, json, record, timed }, value, outcome);
    }
  }

  /** Undefined when the payload cannot be read, which the outcome knows then. */
  #decode(payload: Uint8Array, outcome: Outcome): JsonText | undefined {
    const { maxPayloadBytes } = this.#entry;
    if (payload.length > maxPayloadBytes) {
      outcome.reject('tooLarge', `The payload has ${payload.length} bytes; maxPayloadBytes is ${maxPayloadBytes}.`);
      return undefined;
    }
    const text = decodeUtf8(payload);
    if (text === undefined) {
      outcome.reject('notUtf8', 'The payload is not valid UTF-8.');
      return undefined;
    }
    if (this.#entry.payload !== 'json') return { root: text, sourceOf: () => undefined };
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      outcome.reject('notJson', `The payload is not JSON: ${error.message}`);
      return undefined;
    }
  }

  #readValue(context: Context, rule: ValueRule, outcome: Outcome): void {
    const { json, record } = context;
    const { path, options } = rule;
    const field = options.field ?? (path.query === undefined ? undefined : '{place}');
    const where = () => ({ ...record.about(), field, path: path.text });
    let all: Found[];
    try {
      all = findAll(json, record.found, path, MAX_READINGS + 1);
    } catch (error) {
      rejectTooDeep(error, outcome, where);
      return;
    }
    if (all.length === 0 && !options.optional) {
      outcome.reject('missingValue', `There is nothing at ${path.text}.`, where);
    }
    for (const found of all) {
      const named = path.query === undefined ? field : field?.replaceAll('{place}', () => found.place);
      this.#addValue(context, rule, { found, field: named }, outcome);
      if (outcome.overflown) return;
    }
  }

  #addValue(
    { message, taken, json, record, timed }: Context,
    { options, read, unitPath }: ValueRule,
    { found, field }: { readonly found: Found; readonly field: string | undefined },
    outcome: Outcome,
  ): void {
    const where = () => ({ ...record.about(), field });
    const value = read(found);
    if ('code' in value) {
      outcome.reject(value.code, value.reason, where);
      return;
    }
    const problem = field === undefined ? undefined : partProblem(field);
    if (problem !== undefined) {
      outcome.reject('badName', `The name of the value ${problem}.`, where);
      return;
    }
    const unit =
      unitPath === undefined ? { unit: options.unit } : readUnit(findOne(json, record.found, unitPath), options);
    const { key } = record;
    const { topic, received } = message;
    const name = this.#name({ ...taken.fields, topic, key, field });
    const attributes = {
      ...taken.fields,
      ...(key === undefined ? {} : { key }),
      ...(value.state === undefined ? {} : { state: value.state }),
      ...timed.attributes,
    };
    outcome.add(
      {
        tag: tagOf({ topic, levels: taken.levels, key, field }, name),
        time: timed.time,
        claimedTime: timed.claimedTime,
        value: value.value,
        unit: unit.unit,
        ...verdict(value, timed, unit.doubt),
        attributes,
        received,
      },
      this.#entry.key === 'time',
      where,
    );
  }
}

/** What the values of one record have in common. */
interface Context {
  readonly message: MqttMessage;
  readonly taken: Taken;
  readonly json: JsonText;
  readonly record: JsonRecord;
  readonly timed: Exclude<Timed, { readonly problem: string }>;
}

/** Where no values are configured: the payload or record itself. */
const BARE_VALUE: ValueFile = { type: 'auto', optional: false };

function compileValue(options: ValueFile, entry: MappingEntry): ValueRule {
  return {
    path: options.path === undefined ? ROOT : parsePath(options.path),
    unitPath: options.unitPath === undefined ? undefined : parsePath(options.unitPath),
    options,
    read: valueReader({
      ...options,
      type: typeOf(options, entry),
      missing: entry.missing,
      numbersAsText: entry.numbersAsText || entry.payload === 'number',
    }),
  };
}

/** What `auto` means here: what is calculated with must be a number, or a text would pass as it is. */
function typeOf({ type, scale, offset }: ValueFile, { payload }: MappingEntry): ValueFile['type'] {
  if (type !== 'auto') return type;
  if (scale !== undefined || offset !== undefined) return 'number';
  return payload === 'json' ? 'auto' : payload;
}

/** Reads a payload as UTF-8, a byte order mark left out; undefined if it is none. */
function decodeUtf8(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function rejectTooDeep(error: unknown, outcome: Outcome, where?: () => About): void {
  if (!(error instanceof TooDeep)) throw error;
  outcome.reject('tooLarge', 'The message is nested too deep.', where);
}

interface Unit {
  readonly unit: string | undefined;
  /** A value without its unit may mean anything. */
  readonly doubt?: string;
}

function readUnit(found: Found | undefined, { unit, unitPath }: ValueFile): Unit {
  if (found === undefined || found.value === null) {
    return unit === undefined ? { unit, doubt: `The message names no unit at ${unitPath ?? ''}.` } : { unit };
  }
  const text = typeof found.value === 'string' ? found.value.trim() : '';
  if (text !== '' && text.length <= 64 && !/\p{Cc}/u.test(text)) return { unit: text };
  const what = typeof found.value === 'string' ? quoted(found.value) : 'something else';
  return { unit: undefined, doubt: `At ${unitPath ?? ''} stands ${what} instead of a unit.` };
}

function verdict(value: Read, timed: Context['timed'], doubt: string | undefined) {
  const reasons = [value.reason, timed.reason, doubt].filter((reason) => reason !== undefined);
  const status =
    value.status === 'Bad Data' ? value.status : reasons.length === 0 ? ('Good' as const) : ('Questionable' as const);
  return { status, ...(reasons.length === 0 ? {} : { reason: reasons.join(' ') }) };
}
