import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant } from '../../../../src/contract/time/instant.ts';
import type { Sample } from '../../../../src/driver/history/sample.ts';
import { meanOfLine, onLine } from '../../../../src/driver/history/signal.ts';

const sample = (at: bigint, value: number): Sample => ({
  time: formatInstant(at),
  at,
  value,
  status: 'Good',
  state: null,
});

describe('a line between two samples', () => {
  it('has no value outside of its ends, however large they are', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 0, Number.MIN_VALUE),
    );
    // Of a long line, times near its ends have a share that rounds to 0 or 1.
    const length = fc.bigInt({ min: 1n, max: 10n ** 18n });
    fc.assert(
      fc.property(value, value, length, fc.bigInt({ min: 0n, max: 10n ** 18n }), (from, to, ns, any) => {
        const [left, right] = [sample(0n, from), sample(ns, to)];
        const [least, most] = [Math.min(from, to), Math.max(from, to)];
        for (const at of [any % (ns + 1n), 1n, ns - 1n]) {
          for (const found of [onLine(left, right, at), meanOfLine(left, right, at, ns)]) {
            expect(found).toBeGreaterThanOrEqual(least);
            expect(found).toBeLessThanOrEqual(most);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('ends at the largest number', () => {
    const [left, right] = [sample(0n, 8.936818968505844e307), sample(12_018_731_305_248_953n, Number.MAX_VALUE)];
    expect(onLine(left, right, 12_018_731_305_248_952n)).toBe(Number.MAX_VALUE);
  });
});
