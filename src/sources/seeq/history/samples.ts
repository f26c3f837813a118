/** Converts Seeq's samples to columns of the contract. */
import { compareUtc, formatInstant, MAX_INSTANT, MIN_INSTANT, parseInstant } from '../../../contract/time/instant.ts';
import { flag } from '../../../contract/series.ts';
import type { Flag, Point, ScalarValue, ValueStatus } from '../../../contract/values.ts';
import {
  isObject,
  type JsonObject,
  kindOf,
  listIn,
  answerOf,
  objectOf,
  optionalCount,
  optionalList,
  optionalObject,
  filledText,
  UnexpectedJson,
} from '../../../net/json-fields.ts';
import type { SamplePage } from '../../source.ts';
import { withDigits } from '../../../lib/json-digits.ts';
import { parseJson } from '../../../net/response.ts';
import { readValue, unitIn, type ValueUnit } from '../values.ts';

/** Members with nanoseconds since the epoch, which a JavaScript number would round. */
const KEYS = new Set(['key', 'start', 'end', 'cursorKey']);

/** A decoded page: its columns and the position of the next page. */
export interface DecodedPage {
  page: SamplePage;
  /** Samples in the page before filtering, and the server's page limit. */
  count: number;
  limit: number | undefined;
  continuationToken: string | undefined;
}

/**
 * Parses a body with keys. Keys are usually ISO 8601 text. If a server sends integer nanoseconds instead, the body is
 * parsed again so that the digits are kept as text.
 */
export function parseWithKeys(text: string, hasNumericKeys: (body: unknown) => boolean): unknown {
  const body = parseJson(text);
  if (!hasNumericKeys(body)) return body;
  return parseJson(
    text,
    withDigits((name, value, digits) => (digits !== undefined && KEYS.has(name) ? digits : value)),
  );
}

/** A page of `GET /signals/{id}/samples`. @throws UnexpectedJson */
export function decodeSamples(text: string): DecodedPage {
  return toPage(answerOf(parseWithKeys(text, hasNumericKey)));
}

/** A page of `/formulas/run`, for a formula with a signal as its result. @throws UnexpectedJson */
export function decodeRun(text: string): DecodedPage {
  const body = answerOf(parseWithKeys(text, (parsed) => isObject(parsed) && hasNumericKey(parsed.samples)));
  mustHaveRun(body);
  return toPage(objectOf(body.samples, '"samples"'));
}

/** @throws UnexpectedJson if the formula failed */
export function mustHaveRun(body: JsonObject): void {
  const [error] = optionalList(body, 'errors');
  if (error === undefined) return;
  const message = isObject(error) && typeof error.message === 'string' ? `: ${error.message}` : '';
  throw new UnexpectedJson(`the formula failed${message}`);
}

function hasNumericKey(body: unknown): boolean {
  const samples: unknown = isObject(body) ? body.samples : undefined;
  if (!Array.isArray(samples)) return false;
  const first: unknown = samples[0];
  return isObject(first) && typeof first.key === 'number';
}

function toPage(body: JsonObject): DecodedPage {
  const samples = listIn(body, 'samples');
  return {
    page: toColumns(samples, unitIn(body, 'valueUnitOfMeasure')),
    count: samples.length,
    limit: optionalCount(body, 'limit'),
    continuationToken: filledText(body, 'continuationToken'),
  };
}

/** The point of an item without any value, good or bad. */
export const noValue = (unit?: string): Point => ({
  value: null,
  time: null,
  status: 'Bad Data',
  ...(unit === undefined ? {} : { unit }),
});

/** The answer of `GET /signals/{id}/sample/{key}`. Has no time if there is no such sample. @throws UnexpectedJson */
export function decodeSample(text: string): Point {
  const body = answerOf(
    parseWithKeys(
      text,
      (parsed) => isObject(parsed) && isObject(parsed.sample) && typeof parsed.sample.key === 'number',
    ),
  );
  const sample = optionalObject(body, 'sample');
  if (sample === undefined) {
    // Without a sample, the answer contains at least its units.
    if (body.keyUnitOfMeasure === undefined && body.valueUnitOfMeasure === undefined && body.sample === undefined) {
      throw new UnexpectedJson('it has no "sample"');
    }
    return noValue(unitIn(body, 'valueUnitOfMeasure').unit);
  }
  const unit = unitIn(body, 'valueUnitOfMeasure');
  return sample.key === undefined || sample.key === null ? noValue(unit.unit) : toPoint(sample, unit);
}

/** A single sample as a point. @throws UnexpectedJson if its key is not a valid time */
export function toPoint(sample: JsonObject, unit: ValueUnit): Point {
  const { value, state } = readValue(sample.value, unit);
  return {
    value,
    time: toTime(sample.key),
    status: statusOf(value, sample.isUncertain),
    ...(state === undefined ? {} : { state }),
    ...(unit.unit === undefined ? {} : { unit: unit.unit }),
  };
}

/** A key as ISO 8601 UTC, its digits unchanged. @throws UnexpectedJson if it is not a time, or beyond the year 9999 */
export function toTime(key: unknown): string {
  if (typeof key === 'string') {
    // The usual case: already in UTC and returned unchanged.
    if (isPlainUtc(key)) return key;
    const instant = /^-?\d{1,20}$/.test(key) ? BigInt(key) : parseInstant(key);
    if (instant !== undefined && instant >= MIN_INSTANT && instant <= MAX_INSTANT) return formatInstant(instant);
  }
  throw new UnexpectedJson(`${typeof key === 'string' ? JSON.stringify(key.slice(0, 80)) : kindOf(key)} is not a time`);
}

/**
 * `YYYY-MM-DDThh:mm:ss[.f]Z`, with one to nine digits. One pattern takes half the time of a check of each character.
 */
const PLAIN_UTC =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** Whether a text has this form and its day exists. */
function isPlainUtc(text: string): boolean {
  if (!PLAIN_UTC.test(text)) return false;
  const day = Number(text.slice(8, 10));
  return day <= 28 || (day <= 30 && !text.startsWith('-02', 4)) || parseInstant(text) !== undefined;
}

function toColumns(samples: readonly unknown[], unit: ValueUnit): SamplePage {
  const times: string[] = [];
  const values: ScalarValue[] = [];
  const flags: Flag[] = [];
  let states: (number | null)[] | undefined;
  let before = '';
  for (const sample of samples) {
    const { key, value: raw, isUncertain: uncertain } = objectOf(sample, 'an entry of "samples"');
    const time = toTime(key);
    if (before !== '' && compareUtc(before, time) > 0) {
      throw new UnexpectedJson(`its samples are not in order at ${time}`);
    }
    before = time;
    const position = times.push(time) - 1;
    if (typeof raw === 'number' && Number.isFinite(raw)) {
      values.push(raw);
      states?.push(null);
      if (uncertain !== false && isUncertain(uncertain)) flag(flags, position, 'Questionable');
    } else {
      const { value, state } = readValue(raw, unit);
      values.push(value);
      flag(flags, position, statusOf(value, uncertain));
      if (state !== undefined) states ??= new Array<number | null>(position).fill(null);
      states?.push(state ?? null);
    }
  }
  return {
    times,
    values,
    ...(flags.length > 0 ? { flags } : {}),
    ...(states ? { states } : {}),
    ...(unit.unit === undefined ? {} : { unit: unit.unit }),
  };
}

/** Whether a sample or a capsule may still change. True if the flag is invalid. */
export const isUncertain = (flagged: unknown): boolean =>
  flagged !== false && flagged !== undefined && flagged !== null;

/** A key without a value is an invalid sample. An uncertain one may still change. */
function statusOf(value: ScalarValue, uncertain: unknown): ValueStatus {
  if (value === null) return 'Bad Data';
  return isUncertain(uncertain) ? 'Questionable' : 'Good';
}
