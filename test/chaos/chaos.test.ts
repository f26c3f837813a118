/**
 * Every request gets one final answer, with nothing wrong and nothing silently missing in it, whatever breaks; the short
 * form of `npm run chaos`. `CHAOS_SEED` repeats an order.
 */
import { expect, it } from 'vitest';
import { faults } from './faults.ts';
import { chaos } from './run.ts';

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const PER_FAULT = 40;

it(`answers every request once and rightly (CHAOS_SEED=${seed})`, { timeout: 600_000 }, async () => {
  const lines: string[] = [];
  const { violations, counts } = await chaos({
    requests: PER_FAULT * faults.length,
    atOnce: 16,
    seed,
    say: (line) => lines.push(line),
  });
  expect({ violations, lines: violations.length === 0 ? [] : lines }).toEqual({ violations: [], lines: [] });
  expect(counts.sent).toBeGreaterThanOrEqual(PER_FAULT * faults.length);
  expect(counts.ok).toBeGreaterThan(counts.sent / 2);
});
