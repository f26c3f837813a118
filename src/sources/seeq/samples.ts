/** Seeq's samples as columns of the contract. */
import { compareUtc, formatInstant, parseInstant } from '../../contract/instant.ts';
import { flag } from '../../contract/series.ts';
import type { Flag, Point, ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { SamplePage } from '../source.ts';
import { parseJson, UnreadableReply } from './reply.ts';
import type { components } from './seeq-api.generated.ts';

type Sample = components['schemas']['SampleOutputV1'];
type SampleBody = components['schemas']['GetSampleOutputV1'];
type SamplesBody = components['schemas']['GetSamplesOutputV1'];
type RunBody = components['schemas']['FormulaRunOutputV1'];

/** An enumeration value (a digital state of a historian): `ENUM{{1|ON}}`. */
const ENUMERATION = /^ENUM\{\{(-?\d+)\|([\s\S]*)\}\}$/;
/** Members whose numbers are nanoseconds since the epoch and would be rounded by a JavaScript number. */
const KEYS = new Set(['key', 'start', 'end', 'cursorKey']);

/** A decoded page: its columns and the way to the next one. */
export interface DecodedPage {
  page: SamplePage;
  /** Samples in the page before any filter, and how many the server gives at most. */
  count: number;
  limit: number | undefined;
  continuationToken: string | undefined;
}

/**
 * Parses a body that holds keys. Keys are ISO 8601 text on the usual calls; where a server sends whole nanoseconds
 * instead, the body is parsed once more so that the digits are kept as text.
 */
export function parseWithKeys(text: string, hasNumericKeys: (body: unknown) => boolean): unknown {
  const body = parseJson(text);
  if (!hasNumericKeys(body)) return body;
  return parseJson(text, ((name: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' && KEYS.has(name) ? context.source : value) as Parameters<typeof JSON.parse>[1]);
}

/** A page of `GET /signals/{id}/samples`. */
export function decodeSamples(text: string): DecodedPage {
  return toPage(parseWithKeys(text, (body) => hasNumericKey(body as SamplesBody | null)) as SamplesBody | null);
}

/** A page of `/formulas/run`, of a formula that makes a signal. */
export function decodeRun(text: string): DecodedPage {
  const body = parseWithKeys(text, (parsed) => hasNumericKey((parsed as RunBody | null)?.samples)) as RunBody | null;
  const [error] = body?.errors ?? [];
  if (error) throw broken(`the formula failed: ${error.message ?? ''}`);
  if (!body?.samples) throw broken('it holds no samples');
  return toPage(body.samples);
}

function hasNumericKey(body: SamplesBody | null | undefined): boolean {
  const samples = body?.samples;
  return Array.isArray(samples) && typeof samples[0]?.key === 'number';
}

function toPage(body: SamplesBody | null): DecodedPage {
  const samples = body?.samples ?? [];
  if (!Array.isArray(samples)) throw broken('"samples" is not a list');
  const token = body?.continuationToken;
  return {
    page: toColumns(samples, body?.valueUnitOfMeasure),
    count: samples.length,
    limit: body?.limit ?? undefined,
    continuationToken: typeof token === 'string' && token !== '' ? token : undefined,
  };
}

/** The answer of `GET /signals/{id}/sample/{key}`; undefined when there is no such sample. */
export function decodeSample(text: string): Point | undefined {
  const body = parseWithKeys(
    text,
    (parsed) => typeof (parsed as SampleBody | null)?.sample?.key === 'number',
  ) as SampleBody | null;
  const sample = body?.sample;
  return sample?.key === undefined || sample.key === null ? undefined : toPoint(sample, body?.valueUnitOfMeasure);
}

/** A single sample as a point. */
export function toPoint(sample: Sample, unit: string | null | undefined): Point {
  const { value, state } = toValue(sample.value);
  return {
    value,
    time: toTime(sample.key),
    status: statusOf(value, sample.isUncertain),
    ...(state === undefined ? {} : { state }),
    ...unitOf(unit),
  };
}

/** A key as ISO 8601 UTC, its digits untouched. */
export function toTime(key: unknown): string {
  if (typeof key === 'string') {
    if (key.endsWith('Z')) {
      // Nearly every key: already in UTC and passed on as it is.
      if (key.charCodeAt(10) === 84 && key.length >= 20) return key;
    } else if (/^-?\d+$/.test(key)) {
      return formatInstant(BigInt(key));
    }
    const instant = parseInstant(key);
    if (instant !== undefined) return formatInstant(instant);
  }
  throw broken(`${String(key)} is not a time`);
}

function toColumns(samples: Sample[], unit: string | null | undefined): SamplePage {
  const times: string[] = [];
  const values: ScalarValue[] = [];
  const flags: Flag[] = [];
  let states: (number | null)[] | undefined;
  let before = '';
  for (const { key, value: raw, isUncertain } of samples) {
    const time = toTime(key);
    if (before !== '' && compareUtc(before, time) > 0) throw broken(`its samples are not in order at ${time}`);
    before = time;
    const position = times.push(time) - 1;
    if (typeof raw === 'number') {
      values.push(raw);
      states?.push(null);
      if (isUncertain === true) flag(flags, position, 'Questionable');
    } else {
      const { value, state } = toValue(raw);
      values.push(value);
      flag(flags, position, statusOf(value, isUncertain));
      if (state !== undefined) states ??= new Array<number | null>(position).fill(null);
      states?.push(state ?? null);
    }
  }
  return {
    times,
    values,
    ...(flags.length > 0 ? { flags } : {}),
    ...(states ? { states } : {}),
    ...unitOf(unit),
  };
}

function toValue(raw: unknown): { value: ScalarValue; state?: number } {
  if (raw === undefined || raw === null) return { value: null };
  if (typeof raw === 'string') {
    const match = raw.startsWith('ENUM{{') ? ENUMERATION.exec(raw) : null;
    return match ? { value: match[2] ?? '', state: Number(match[1]) } : { value: raw };
  }
  if (typeof raw === 'number' || typeof raw === 'boolean') return { value: raw };
  throw broken('a value is neither number, text nor boolean');
}

/** A key without a value is an invalid sample; an uncertain one may still change. */
function statusOf(value: ScalarValue, uncertain: boolean | null | undefined): ValueStatus {
  if (value === null) return 'Bad Data';
  return uncertain === true ? 'Questionable' : 'Good';
}

/** Seeq puts the word "string" in the place of the unit of string signals. */
function unitOf(unit: string | null | undefined): { unit?: string } {
  return unit && unit !== 'string' ? { unit } : {};
}

function broken(why: string): UnreadableReply {
  return new UnreadableReply(`its answer cannot be used: ${why}`);
}
