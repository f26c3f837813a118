/** Series made up for the tests of calculations, at whole nanoseconds, with all that real ones hold. */
import fc from 'fast-check';
import { formatInstant, type Nanoseconds } from '../../../../src/contract/time/instant.ts';
import type { ScalarValue, ValueStatus } from '../../../../src/contract/values.ts';
import type { Sample } from '../../../../src/driver/history/sample.ts';
import type { SeriesShape } from '../../../../src/sources/source.ts';

/** Where all ranges begin. */
export const START: Nanoseconds = 1_773_446_400_000_000_000n;

/** A sample `at` nanoseconds after the start. */
export function sample(at: number, value: ScalarValue, status?: ValueStatus, state: number | null = null): Sample {
  const instant = START + BigInt(at);
  return {
    time: formatInstant(instant),
    at: instant,
    value,
    status: status ?? (value === null ? 'Bad Data' : 'Good'),
    state,
  };
}

export interface Described {
  samples: Sample[];
  shape: Pick<SeriesShape, 'interpolation' | 'maximumInterpolation'>;
  /** Length of the range that begins at the start; samples lie before, in and after it. */
  length: number;
}

const numbers = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(0));
const texts = fc.constantFrom('a', 'b', 'c');

/** Values of one kind of signal, bad ones among them, also many in a row. */
const values = (kind: fc.Arbitrary<ScalarValue>): fc.Arbitrary<ScalarValue[]> =>
  fc.oneof(
    // So many that some of them have to go.
    {
      weight: 4,
      arbitrary: fc.array(fc.oneof({ weight: 9, arbitrary: kind }, fc.constant(null)), {
        minLength: 25,
        maxLength: 80,
        size: 'max',
      }),
    },
    { weight: 4, arbitrary: fc.array(fc.oneof({ weight: 6, arbitrary: kind }, fc.constant(null)), { maxLength: 80 }) },
    { weight: 2, arbitrary: fc.array(kind, { maxLength: 80 }) },
    // Runs of equal values and of bad ones.
    fc
      .array(fc.tuple(fc.oneof({ weight: 3, arbitrary: kind }, fc.constant(null)), fc.integer({ min: 1, max: 9 })), {
        maxLength: 12,
      })
      .map((runs) => runs.flatMap(([value, length]) => new Array<ScalarValue>(length).fill(value))),
    // Descending only.
    fc.array(kind, { maxLength: 40 }).map((all) => [...all].sort().reverse()),
  );

const interpolations = fc.constantFrom('linear', 'pilinear', 'step', 'discrete');

/** @param kinds what the values may be */
export function series(kinds: 'numbers' | 'numbers and text'): fc.Arbitrary<Described> {
  const kind = kinds === 'numbers' ? fc.constant('numbers') : fc.constantFrom('numbers', 'text', 'mixed');
  return kind.chain((chosen) => {
    const value = chosen === 'numbers' ? numbers : chosen === 'text' ? texts : fc.oneof(numbers, texts);
    return fc
      .record({
        values: values(value),
        steps: fc
          .constantFrom(1, 3, 30)
          .chain((longest) => fc.array(fc.oneof(fc.nat(1), fc.nat(longest)), { minLength: 80, maxLength: 80 })),
        uncertain: fc.array(fc.nat(5), { minLength: 80, maxLength: 80 }),
        begin: fc.integer({ min: -40, max: 20 }),
        length: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 5, max: 30 })),
        interpolation: interpolations,
        maximum: fc.option(fc.nat(40), { nil: undefined }),
      })
      .map(({ values: all, steps, uncertain, begin, length, interpolation, maximum }) => {
        let at = begin;
        const samples = all.slice(0, 80).map((one, n) => {
          at += steps[n] ?? 0;
          return sample(at, one, one !== null && uncertain[n] === 0 ? 'Questionable' : undefined);
        });
        const shape = { interpolation, maximumInterpolation: maximum === undefined ? undefined : BigInt(maximum) };
        return { samples, shape, length };
      });
  });
}

export const isBad = ({ status }: Sample): boolean => status === 'Bad Data';
/** Nanoseconds after the start. */
export const offset = ({ at }: Sample): number => Number(at - START);

/** Borders of intervals of one length, the last of which ends with the range. */
export function* bordersOf(interval: number, length: number): Generator<Nanoseconds> {
  if (length === 0) return;
  for (let at = 0; at < length; at += interval) yield START + BigInt(at);
  yield START + BigInt(length);
}
