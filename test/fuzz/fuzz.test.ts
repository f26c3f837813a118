/**
 * Hostile and clumsy inputs for everything that reads what others send; the short form of `npm run fuzz`, without a
 * measure of time. `FUZZ_SEED` repeats a run.
 */
import { expect, it } from 'vitest';
import { decoders } from './decoders.ts';
import { fuzz } from './run.ts';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const PER_DECODER = 2000;

it(`no input causes a fault, a missing answer or an end (FUZZ_SEED=${seed})`, { timeout: 600_000 }, async () => {
  const { faults, inputs } = await fuzz({
    perDecoder: PER_DECODER,
    seed,
    workers: 1,
    only: [],
    slowMs: undefined,
    batch: PER_DECODER,
    // Only ends what hangs.
    hangMs: 120_000,
    say: () => undefined,
    onFault: () => undefined,
  });
  expect(faults).toEqual([]);
  expect(inputs).toBe(PER_DECODER * decoders().length);
});
