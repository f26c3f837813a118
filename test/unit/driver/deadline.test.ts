/** The end of the time budget and of the process: what is ready goes out, what is not is an error of its own, in time. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DriverError } from '../../../src/contract/errors.ts';
import type { SourceCall } from '../../../src/sources/source.ts';
import { fqn, latch, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  vi.useRealTimers();
  expect(violations).toEqual([]);
});

const point = { value: 1, time: null, status: 'Good' as const };
const [fast, slow] = [fqn('a', 'signal', 'fast'), fqn('a', 'signal', 'slow')];

/** Ends when the budget does, as a good source. */
const untilAborted = ({ signal }: SourceCall): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as DriverError);
    });
  });
const never = (): Promise<never> => new Promise(() => undefined);
const hanging = { 'a source that ends with the budget': untilAborted, 'a source that ignores the end': never };

describe.each(Object.entries(hanging))('%s', (_name, hang) => {
  const reader = () =>
    source('a', { snapshot: ({ id }, _time, call) => (id === 'fast' ? Promise.resolve(point) : hang(call)) });

  it('gives the values that are ready and an error for each other item', async () => {
    const { ask } = testDriver([reader()]);
    const answer = await ask('snapshot', { items: [slow, fast, slow] }, { timeoutMs: 60 });
    expect(answer.status).toBe('partial');
    expect(answer.items).toHaveLength(3);
    expect(answer.items[0]).toMatchObject({ index: 1, value: 1 });
    const timeout = {
      error: { code: 'timeout', retryable: true, message: 'Not ready within the time budget of 60 ms.' },
    };
    expect(answer.items.slice(1)).toMatchObject([
      { index: 0, ...timeout },
      { index: 2, ...timeout },
    ]);
  });

  it('gives an error as a whole when nothing is ready', async () => {
    const { ask } = testDriver([reader()]);
    expect(await ask('snapshot', { items: [slow] }, { timeoutMs: 30 })).toMatchObject({
      status: 'error',
      error: { code: 'timeout' },
    });
  });

  it('answers within the budget, whatever waits', async () => {
    vi.useFakeTimers();
    const { ask } = testDriver([reader()], { limits: { defaultTimeoutMs: 10_000 } });
    const answer = ask('snapshot', { items: Array<string>(200).fill(slow) });
    await vi.advanceTimersByTimeAsync(9_499);
    let ended = false;
    void answer.then(() => (ended = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect((await answer).items).toHaveLength(200);
  });

  it('does not take the hits of the other servers with it', async () => {
    const hit = { id: '1', name: 'Pump', path: [], hasChildren: false };
    const good = source('b', { search: async () => ({ found: [hit], total: 1, more: false }) });
    const { ask } = testDriver([source('a', { search: (_query, call) => hang(call) }), good]);
    const answer = await ask('tagsearch', { kinds: ['signal'] }, { timeoutMs: 60 });
    expect(answer.status).toBe('partial');
    expect(answer.items).toMatchObject([
      { host: 'a', error: { code: 'timeout' } },
      { name: 'Pump', displayName: 'b: Pump' },
    ]);
  });

  it('keeps the pieces of a series that were ready, and says that it is not whole', async () => {
    const pages = source('a', {
      async *samples(_fqn, _range, _boundary, call) {
        yield { times: ['2026-03-14T00:00:00Z'], values: [1] };
        yield { times: ['2026-03-14T00:00:01Z'], values: [2] };
        await hang(call);
      },
    });
    const { ask } = testDriver([pages]);
    const answer = await ask('discrete', { items: [slow], start: '2026-03-14T00:00:00Z', end: '*' }, { timeoutMs: 60 });
    expect(answer.items).toMatchObject([
      { index: 0, values: [1], more: true },
      { index: 0, error: { code: 'timeout' } },
    ]);
  });

  it('applies to the callers of functions without parts too', async () => {
    const { ask } = testDriver([source('a', { probe: (call) => hang(call) })]);
    expect(await ask('version', {}, { timeoutMs: 30 })).toMatchObject({ status: 'error', error: { code: 'timeout' } });
  });

  it('ends with a stop of the process', async () => {
    const { driver, ask } = testDriver([reader()]);
    const answer = ask('snapshot', { items: [slow, fast] }, { timeoutMs: 600 });
    await vi.waitUntil(() => driver.inFlight === 1);
    driver.stop();
    const { items, status } = await answer;
    expect(status).toBe('partial');
    expect(items).toMatchObject([{ value: 1 }, { error: { code: 'sourceUnavailable', retryable: true } }]);
    expect(driver.inFlight).toBe(0);
  });
});

it('what a source does after the end of its answer goes nowhere', async () => {
  const { opened, open } = latch();
  let done = false;
  const late = source('a', {
    async *samples() {
      await opened;
      yield { times: ['2026-03-14T00:00:00Z'], values: [1] };
      done = true;
      throw new Error('and then it fails');
    },
  });
  const { ask, log } = testDriver([late]);
  const answer = await ask('discrete', { items: [slow], start: '*-1h', end: '*' }, { timeoutMs: 20 });
  expect(answer.status).toBe('error');
  open();
  await vi.waitUntil(() => done);
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

it('after a stop new requests are sent to another replica', async () => {
  const { driver, ask } = testDriver([source('a')]);
  driver.stop();
  expect(await ask('version')).toMatchObject({
    status: 'error',
    error: { code: 'sourceUnavailable', retryable: true, message: expect.stringContaining('stopping') as string },
  });
});

it('a receiver that takes nothing does not hold the driver longer than the budget, nor gets items afterwards', async () => {
  const { opened, open } = latch();
  const { driver, ask } = testDriver([source('a', { snapshot: async () => point })], { room: () => opened });
  const answer = await ask('snapshot', { items: Array<string>(100).fill(fast) }, { timeoutMs: 60 });
  expect(answer.status).toBe('error');
  expect(driver.inFlight).toBe(0);
  open();
  await new Promise((resolve) => setImmediate(resolve));
});

it('a server that does not answer the probe is down after five seconds', async () => {
  vi.useFakeTimers();
  const silent = source('a', {
    probe: (call) =>
      untilAborted(call).catch(
        (error: unknown) =>
          ({ state: 'down', version: null, latencyMs: null, message: (error as Error).message }) as const,
      ),
  });
  const { ask } = testDriver([silent, source('b')]);
  const answer = ask('hosts');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await answer).toMatchObject({
    status: 'ok',
    items: [
      { name: 'a', state: 'down', message: 'Server "a" does not answer within 5 seconds.' },
      { name: 'b', url: 'https://b.example', state: 'up', version: '66.1' },
    ],
  });
});
