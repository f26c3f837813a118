/** One compiled entry of `topics`: the topics that it matches, and how it decodes their messages. */
import type { MappingFile } from './config.ts';
import { parsePattern } from './topic-pattern.ts';
import type { TimeLimits } from '../source-timestamp.ts';
import { timeReader, type Timed } from './timestamp.ts';
import { findAll, TooDeep, type Match } from './json/json-query.ts';
import { JsonTextError, parseJson, type JsonText } from './json/json-text.ts';
import { MAX_READINGS, type About, type MqttMessage, type MappingResult } from './result.ts';
import { recordFinder, type JsonRecord } from './records.ts';
import { BARE_VALUE, compileValue, type ValueRule } from './value-rule.ts';
import { DEFAULT_NAME, nameTemplate, partProblem, tagOf } from './tag.ts';
import { topicMatcher } from '../../mqtt/topic-filter.ts';
import { topicFields } from './topic.ts';
import type { MappedValue } from './value.ts';

/** The source of an entry; `topicSchema` produces it. */
export type MappingEntry = MappingFile & { readonly filter: string };

/** A topic that matches an entry. */
export interface Taken {
  /** The fields of the pattern. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Entry {
  /** Undefined if the topic does not match the entry. */
  take(levels: readonly string[]): Taken | undefined;
  read(message: MqttMessage, taken: Taken, outcome: MappingResult): void;
}

/** Compiles an entry. */
export function compileEntry(entry: MappingEntry, limits: TimeLimits): Entry {
  const matches = topicMatcher(entry.filter);
  const pattern = entry.pattern === undefined ? undefined : parsePattern(entry.pattern);
  const reader = new PayloadReader(entry, limits);
  return {
    take: (levels) => {
      if (!matches(levels)) return undefined;
      const fields = pattern === undefined ? {} : topicFields(pattern, levels);
      return fields && { fields };
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

  read(message: MqttMessage, taken: Taken, outcome: MappingResult): void {
    const json = this.#decode(message.payload, outcome);
    if (json === undefined) return;
    const root: Match = { value: json.root, source: json.sourceOf(undefined, ''), location: '' };
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

  /** Undefined if the payload cannot be decoded. The outcome then has a dead letter. */
  #decode(payload: Uint8Array, outcome: MappingResult): JsonText | undefined {
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
    if (text === '' && this.#entry.payload === 'json') {
      // An empty payload deletes a retained message. Subscribers receive it too.
      outcome.reject('notJson', 'The payload is empty.');
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

  #readValue(context: Context, rule: ValueRule, outcome: MappingResult): void {
    const { json, record } = context;
    const { path, field, optional } = rule;
    const where = () => ({ ...record.about(), field, path: path.text });
    let all: Match[];
    try {
      all = findAll(json, record.found, path, MAX_READINGS + 1);
    } catch (error) {
      rejectTooDeep(error, outcome, where);
      return;
    }
    if (all.length === 0 && !optional) {
      outcome.reject('missingValue', `There is nothing at ${path.text}.`, where);
    }
    for (const found of all) {
      const named = path.query === undefined ? field : field?.replaceAll('{location}', () => found.location);
      this.#addValue(context, rule, { found, field: named }, outcome);
      if (outcome.overflown) return;
    }
  }

  #addValue(
    { message, taken, json, record, timed }: Context,
    { read, unit: unitOf }: ValueRule,
    { found, field }: { readonly found: Match; readonly field: string | undefined },
    outcome: MappingResult,
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
    const { unit, doubt } = unitOf(json, record.found);
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
        tag: tagOf({ topic, key, field }, name),
        time: timed.time,
        sourceTime: timed.sourceTime,
        value: value.value,
        unit,
        ...verdict(value, timed, doubt),
        attributes,
        received,
      },
      this.#entry.key === 'time',
      where,
    );
  }
}

/** Context that the values of one record share. */
interface Context {
  readonly message: MqttMessage;
  readonly taken: Taken;
  readonly json: JsonText;
  readonly record: JsonRecord;
  readonly timed: Exclude<Timed, { readonly problem: string }>;
}

/** Decodes a payload as UTF-8 without a byte order mark. Undefined if it is not valid. */
function decodeUtf8(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function rejectTooDeep(error: unknown, outcome: MappingResult, where?: () => About): void {
  if (!(error instanceof TooDeep)) throw error;
  outcome.reject('tooLarge', 'The message is nested too deep.', where);
}

function verdict(value: MappedValue, timed: Context['timed'], doubt: string | undefined) {
  const reasons = [value.reason, timed.reason, doubt].filter((reason) => reason !== undefined);
  const status =
    value.status === 'Bad Data' ? value.status : reasons.length === 0 ? ('Good' as const) : ('Questionable' as const);
  return { status, ...(reasons.length === 0 ? {} : { reason: reasons.join(' ') }) };
}
