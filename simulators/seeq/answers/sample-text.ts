/**
 * Samples and capsules as JSON text, piece by piece. By hand, because whole nanoseconds do not fit a JavaScript
 * number, and because a million samples must not be kept to be written.
 */
import type { Capsule } from '../series/capsules.ts';
import type { Sample } from '../series/series.ts';
import { formatTime } from '../series/time.ts';

/** How times are written: as ISO 8601 text or as whole nanoseconds since 1970. */
export type KeyStyle = 'iso' | 'ns';

export function keyText(key: bigint, style: KeyStyle): string {
  return style === 'ns' ? key.toString() : `"${formatTime(key)}"`;
}

export function sampleText(sample: Sample, keys: KeyStyle, nulls: boolean): string {
  const { value } = sample;
  const written = value === undefined ? (nulls ? ',"value":null' : '') : `,"value":${JSON.stringify(value)}`;
  return `{"key":${keyText(sample.key, keys)}${written},"isUncertain":${sample.uncertain === true}}`;
}

export interface SamplesFrame {
  readonly limit: number;
  readonly unit: string | undefined;
  readonly keys: KeyStyle;
  readonly nulls: boolean;
  /** Asked after the last sample. */
  readonly token: () => string | undefined;
}

/** A `GetSamplesOutputV1`. */
export function* samplesText(samples: Iterable<Sample>, frame: SamplesFrame): Generator<string> {
  yield '{"samples":[';
  let mark = '';
  for (const sample of samples) {
    yield mark + sampleText(sample, frame.keys, frame.nulls);
    mark = ',';
  }
  const rest = members(
    {
      keyUnitOfMeasure: 'ns',
      valueUnitOfMeasure: frame.unit,
      limit: frame.limit,
      continuationToken: frame.token(),
      warningCount: 0,
      next: undefined,
      statusMessage: undefined,
      warningLogs: undefined,
    },
    frame.nulls,
  );
  yield `]${rest}}`;
}

export function capsuleText(capsule: Capsule, keys: KeyStyle, nulls: boolean): string {
  const { id } = capsule;
  const text = (name: string, written: string | undefined): string =>
    written === undefined ? (nulls ? `"${name}":null,` : '') : `"${name}":${written},`;
  const time = (name: string, key: bigint | undefined): string =>
    text(name, key === undefined ? undefined : keyText(key, keys));
  const properties = capsule.properties.map(
    (property) =>
      `{"name":${JSON.stringify(property.name)}${members({ value: property.value, unitOfMeasure: property.unit }, nulls)}}`,
  );
  return (
    `{${text('id', id === undefined ? undefined : JSON.stringify(id))}${time('start', capsule.start)}${time('end', capsule.end)}` +
    `${time('cursorKey', capsule.cursor)}"isUncertain":${capsule.uncertain === true},"properties":[${properties.join(',')}]}`
  );
}

/** A `CapsulesOutputV1`. */
export function* capsulesText(capsules: Iterable<Capsule>, frame: Omit<SamplesFrame, 'unit'>): Generator<string> {
  yield '{"capsules":[';
  let mark = '';
  for (const capsule of capsules) {
    yield mark + capsuleText(capsule, frame.keys, frame.nulls);
    mark = ',';
  }
  const rest = members(
    {
      keyUnitOfMeasure: frame.keys === 'ns' ? 'ns' : '',
      limit: frame.limit,
      continuationToken: frame.token(),
      warningCount: 0,
      next: undefined,
      statusMessage: undefined,
      warningLogs: undefined,
    },
    frame.nulls,
  );
  yield `]${rest}}`;
}

/** Members after the first: those without value left out, or null. */
function members(given: Readonly<Record<string, string | number | boolean | undefined>>, nulls: boolean): string {
  return Object.entries(given)
    .filter(([, value]) => nulls || value !== undefined)
    .map(([name, value]) => `,"${name}":${JSON.stringify(value ?? null)}`)
    .join('');
}
