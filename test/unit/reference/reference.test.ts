/**
 * The driver against a second implementation, which is written from the pages of docs alone: naive, slow and exact.
 *
 * `REFERENCE_SEED` repeats a run, `REFERENCE_CASES` makes it longer.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../../support/random.ts';
import { ask, paramsOf, toText } from './ask.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { type Case, makeCase } from './cases.ts';
import { differenceOf } from './compare.ts';

const seed = Number(process.env.REFERENCE_SEED ?? Date.now() % 1_000_000);
const count = Number(process.env.REFERENCE_CASES ?? propertyRuns(10_000));
const SHARES = 10;

/** All that is needed to see a difference by hand. */
function described({ signal, arrival, pages, ...one }: Case): string {
  const samples = signal.samples.map(({ at, value, status }) => [toText(at), value, status]);
  const given = { ...signal, maximum: signal.maximum?.toString(), samples, arrival: toText(arrival), pages };
  return JSON.stringify(
    { function: one.function, params: paramsOf({ ...one, signal, arrival, pages }), given },
    undefined,
    1,
  );
}

describe(`an exact reference (REFERENCE_SEED=${seed})`, () => {
  it.each(Array.from({ length: SHARES }, (_, n) => n))('agrees on random cases, share %i', async (share) => {
    for (let n = share; n < count; n += SHARES) {
      const one = makeCase(new Random(seed, n));
      const difference = differenceOf(one, await ask(one));
      if (difference !== undefined) expect.fail(`case ${n}: ${difference}\n${described(one)}`);
    }
  });
});
