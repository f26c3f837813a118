/** `cancel`: at home, at the peers, and what does not run at all. */
import { describe, expect, it } from 'vitest';
import type { Replicas } from '../../../../src/driver/requests/cancellation.ts';
import { latch, source, testDriver, fqn } from '../../../support/driver.ts';
import { leasingDriver, tag, TestServer } from './support.ts';

/** Replicas that ask each other without a bus between them. */
function replicas(): () => Replicas {
  const all = new Map<Replicas, (question: unknown) => boolean>();
  return () => {
    const peers: Replicas = {
      query: async (question) => Array.from(all).some(([other, answer]) => other !== peers && answer(question)),
      serve: (answer) => all.set(peers, answer),
    };
    return peers;
  };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('cancel', () => {
  it('ends a lease here and there, and says whether there was one', async () => {
    const peers = replicas();
    const server = new TestServer('a', { x: 1 });
    const [here, there] = [leasingDriver([server], { peers: peers() }), leasingDriver([server], { peers: peers() })];
    const leases = [
      here.lease([tag('x')], {}, 'both'),
      there.lease([tag('x')], {}, 'both'),
      there.lease([tag('x')], {}, 'one'),
    ];
    for (const [id, cancelled] of [
      ['both', true],
      ['both', false],
      ['one', true],
      ['none', false],
    ] as const) {
      const answer = here.send('cancel', { request: id });
      await until(() => answer.end_ !== undefined);
      expect(answer.messages).toEqual([{ items: [{ request: id, cancelled }] }]);
    }
    await until(() => leases.every(({ end_ }) => end_ !== undefined));
    expect(leases.map(({ end_ }) => end_?.meta.ended)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it('ends a request at once with that error, and spares itself', async () => {
    const { opened, open } = latch();
    const { ask, driver } = testDriver([
      source('a', { snapshot: () => opened.then(() => ({ value: 1, time: null, status: 'Good' as const })) }),
    ]);
    const slow = ask('snapshot', { items: Array<string>(500).fill(fqn('a', 'signal', 'x')) }, { id: '7' });
    expect((await ask('cancel', { request: '7' }, { id: '7' })).items).toEqual([{ request: '7', cancelled: true }]);
    expect(await slow).toMatchObject({ status: 'error', items: [], error: { code: 'cancelled', retryable: false } });
    expect(driver.inFlight).toBe(0);
    expect((await ask('cancel', { request: '7' })).items).toEqual([{ request: '7', cancelled: false }]);
    open();
  });

  it('does not believe a peer that asks nonsense', () => {
    let served: ((question: unknown) => boolean) | undefined;
    const peers: Replicas = { query: async () => false, serve: (answer) => (served = answer) };
    leasingDriver([], { peers });
    for (const question of [null, 'x', {}, { cancel: 1 }, { cancel: '' }]) expect(served?.(question)).toBe(false);
  });
});
