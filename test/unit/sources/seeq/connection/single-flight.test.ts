import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Flights } from '../../../../../src/sources/seeq/connection/single-flight.ts';

/** A call that the test ends. */
function call<T>() {
  const made: { signal: AbortSignal; resolve: (value: T) => void; reject: (error: Error) => void }[] = [];
  const begin = (signal: AbortSignal) =>
    new Promise<T>((resolve, reject) => {
      made.push({ signal, resolve, reject });
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  return { made, begin };
}

const open = () => new AbortController();

describe('identical calls under way', () => {
  it('are one call with one result; nothing is kept afterwards', async () => {
    const flights = new Flights();
    const { made, begin } = call<object>();
    const joined = Array.from({ length: 100 }, () => flights.join('a', open().signal, begin));
    const other = flights.join('b', open().signal, begin);
    expect(made).toHaveLength(2);
    const result = {};
    for (const { resolve } of made) resolve(result);
    expect(new Set(await Promise.all([...joined, other]))).toEqual(new Set([result]));
    expect(flights.size).toBe(0);
    void flights.join('a', open().signal, begin);
    expect(made).toHaveLength(3);
  });

  it('fail together', async () => {
    const flights = new Flights();
    const { made, begin } = call();
    const joined = [flights.join('a', open().signal, begin), flights.join('a', open().signal, begin)];
    made[0]?.reject(new Error('broken'));
    for (const outcome of await Promise.allSettled(joined)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'broken' } });
    }
    expect(made).toHaveLength(1);
  });

  it('continue while a caller waits, and stop when none does', async () => {
    const flights = new Flights();
    const { made, begin } = call();
    const [first, second] = [open(), open()];
    const outcomes = Promise.allSettled([
      flights.join('a', first.signal, begin),
      flights.join('a', second.signal, begin),
    ]);
    first.abort(new Error('first left'));
    await turn();
    expect(made[0]?.signal.aborted).toBe(false);
    second.abort(new Error('second left'));
    expect((await outcomes).map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : ''))).toEqual([
      'Error: first left',
      'Error: second left',
    ]);
    expect(made[0]?.signal.aborted).toBe(true);
    expect(flights.size).toBe(0);
  });

  it('begin again when the first caller gave up before its turn', async () => {
    const flights = new Flights();
    const [owner, other] = [open(), open()];
    const results: string[] = [];
    const queued = (signal: AbortSignal) =>
      new Promise<string>((_resolve, reject) => {
        // In a queue the call ends with its owner, not with the call's own signal.
        owner.signal.addEventListener('abort', () => {
          if (!signal.aborted) reject(owner.signal.reason as Error);
        });
      });
    const first = flights.join('a', owner.signal, queued).catch(() => results.push('gave up'));
    const second = flights.join('a', other.signal, async () => 'done').then((text) => results.push(text));
    owner.abort(new Error('budget'));
    await Promise.all([first, second]);
    expect(results.sort()).toEqual(['done', 'gave up']);
  });

  it('are not joined by who has gone already', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(new Flights().join('a', gone, async () => 1)).rejects.toThrow('gone');
  });
});
