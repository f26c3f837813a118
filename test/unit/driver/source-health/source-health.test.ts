/** What requests found of a server: its state as it was last heard of, and the numbers of its calls. */
import { describe, expect, it } from 'vitest';
import { DriverError, type ErrorCode } from '../../../../src/contract/errors.ts';
import { SourceHealth } from '../../../../src/driver/source-health/source-health.ts';

let now = 0;
const findings = () => new SourceHealth(() => ++now);
const failure = (code: ErrorCode) => new DriverError(code, `it is ${code}`);

describe('the state', () => {
  it('is unknown before the first call', () => {
    expect(findings().state).toEqual({ state: 'unknown', version: null, foundAt: undefined });
  });

  it.each<[ErrorCode, string]>([
    ['notFound', 'up'],
    ['overloaded', 'up'],
    ['unauthorized', 'unauthorized'],
    ['sourceUnavailable', 'down'],
    ['timeout', 'down'],
    ['sourceError', 'unknown'],
    ['internal', 'unknown'],
    ['cancelled', 'unknown'],
  ])('after %s is %s', (code, state) => {
    const found = findings();
    found.failed(failure(code));
    expect(found.state.state).toBe(state);
    // Only bad news have words.
    const isBad = state === 'down' || state === 'unauthorized';
    expect(found.state.message).toBe(isBad ? `it is ${code}` : undefined);
  });

  it('is the newest one, and keeps the version that a probe found', () => {
    const found = findings();
    found.probed({ state: 'up', version: '66.1.0', latencyMs: 1 });
    found.failed(failure('timeout'));
    expect(found.state).toMatchObject({ state: 'down', version: '66.1.0', foundAt: now });
    found.probed({ state: 'unauthorized', version: null, latencyMs: null, message: 'no access' });
    expect(found.state).toMatchObject({ state: 'unauthorized', version: '66.1.0', message: 'no access' });
    found.succeeded();
    expect(found.state).toEqual({ state: 'up', version: '66.1.0', foundAt: now });
  });
});

it('calls are counted by their result, with the sum and the longest of their times', () => {
  const found = findings();
  for (const [result, ms] of [
    ['ok', 5],
    ['timeout', 30],
    ['ok', 10],
  ] as const)
    found.count(result, ms);
  expect(found.calls).toEqual({ results: { ok: 2, timeout: 1 }, totalMs: 45, longestMs: 30 });
});
