/** Finds the records of a payload, and their keys. */
import { parsePath, type JsonPath } from './json/json-path.ts';
import type { MappingFile } from './config.ts';
import { elements, findAll, findOne, type Match } from './json/json-query.ts';
import type { JsonText } from './json/json-text.ts';
import { MAX_READINGS, type About, type MappingResult } from './result.ts';
import { partProblem } from './tag.ts';
import { missingTexts } from './value.ts';

/** One record. */
export interface JsonRecord {
  readonly found: Match;
  /** What distinguishes it from the others. */
  readonly key: string | undefined;
  /** For a dead letter: the record's location, and its start. */
  readonly about: () => About;
}

/** Finds the records. Problems are added to the outcome. */
export type FindRecords = (json: JsonText, root: Match, outcome: MappingResult) => readonly JsonRecord[];

type Options = Pick<MappingFile, 'records' | 'key' | 'missing'>;

/** Compiles the search. */
export function recordFinder({ records, key, missing }: Options): FindRecords {
  if (records === undefined || key === undefined) return (_json, root) => [wholeMessage(root)];
  const path = parsePath(records);
  const keyOf = keyReader(key, missing);
  return (json, root, outcome) => {
    const all = listOf(json, root, path, outcome);
    if (all.length > MAX_READINGS) {
      outcome.reject('tooLarge', `The message has more than ${MAX_READINGS} records; the further ones were not read.`);
    }
    return all.slice(0, MAX_READINGS).flatMap((found) => {
      const known = keyOf(json, found);
      const about = aboutRecord(found);
      if (!('problem' in known)) return [{ found, key: known.key, about }];
      outcome.reject('badName', `${known.problem} Without it the subject of the record is not known.`, about);
      return [];
    });
  };
}

const wholeMessage = (root: Match): JsonRecord => ({ found: root, key: undefined, about: () => ({}) });

function listOf(json: JsonText, root: Match, path: JsonPath, outcome: MappingResult): readonly Match[] {
  const { text, query, picks } = path;
  const start = findOne(json, root, path);
  if (start === undefined) {
    outcome.reject('missingValue', `The message has nothing at ${text}, where its records should be.`);
    return [];
  }
  const list = elements(json, start, query === undefined ? MAX_READINGS + 1 : 1);
  if (list === undefined) {
    const start = query === undefined ? text : `the beginning of ${text}`;
    outcome.reject('wrongShape', `${start} is neither a list nor an object, so it has no records.`);
    return [];
  }
  if (query === undefined) return list;
  const all = findAll(json, root, path, MAX_READINGS + 1);
  // An empty array is valid. An array that contains other things does not match the configuration.
  if (all.length === 0 && list.length > 0 && !picks) {
    outcome.reject('missingValue', `The message has nothing at ${text}, where its records should be.`);
  }
  return all;
}

/** Serialized at most once for each record, since a record can be large. */
function aboutRecord({ location, value }: Match): () => About {
  let about: About | undefined;
  return () => (about ??= { record: location, text: beginning(value) });
}

function beginning(value: unknown): string | undefined {
  try {
    return JSON.stringify(value).slice(0, 1024);
  } catch {
    // Nested too deep to be serialized. The message itself is kept.
    return undefined;
  }
}

type Key = { readonly key: string | undefined } | { readonly problem: string };

function keyReader(key: string, missing: readonly string[]): (json: JsonText, record: Match) => Key {
  if (key === 'time') return () => ({ key: undefined });
  if (key === 'location') return (_json, { location }) => keyText(location);
  const path = parsePath(key);
  const isMissing = missingTexts(missing);
  return (json, record) => {
    const found = findOne(json, record, path);
    const value = found?.value;
    if (typeof value === 'number') return keyText(found?.source ?? String(value));
    if (typeof value === 'boolean') return keyText(String(value));
    if (typeof value === 'string' && value.trim() !== '' && !isMissing(value)) return keyText(value);
    return { problem: `The record has no key at ${key}.` };
  };
}

function keyText(text: string): Key {
  const problem = partProblem(text);
  return problem === undefined ? { key: text } : { problem: `The key of the record ${problem}.` };
}
