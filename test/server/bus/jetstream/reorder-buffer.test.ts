/** The order of what a consumer gives out, in every order of events; on a real server: readings-consumer.test.ts. */
import { describe, expect, it, vi } from 'vitest';
import { ReorderBuffer } from '../../../../src/bus/jetstream/reorder-buffer.ts';
import { PendingAcks, type PendingMessage } from '../../../../src/bus/jetstream/pending-acks.ts';
import { until } from '../support.ts';

function setUp(redeliveryMs = 3_600_000) {
  const pendingAcks = new PendingAcks();
  const handed: PendingMessage[] = [];
  const missing = vi.fn();
  const buffer = new ReorderBuffer({
    ...{ pendingAcks, redeliveryMs },
    passOn: (held) => handed.push(held),
    onMissing: missing,
  });
  const asked: PromiseWithResolvers<number>[] = [];
  return {
    ...{ pendingAcks, handed, buffer, missing },
    seqs: () => handed.map(({ seq }) => seq),
    begin: () => {
      buffer.begin(() => {
        const question = Promise.withResolvers<number>();
        asked.push(question);
        return question.promise;
      });
    },
    /** Answers the question of how many are given out, as soon as it is asked. */
    answer: async (pending: number) => {
      await until(() => asked.length > 0);
      asked.shift()?.resolve(pending);
      await Promise.resolve();
      await Promise.resolve();
    },
    asked,
    /** A message arrives: its sequence in the stream and among all deliveries. */
    take: (seq: number, consumerSeq: number, stored = `at ${seq}`) => {
      const message = { seq, consumerSeq, stored, deliveries: 1, subject: 'r.a', body: new Uint8Array() };
      buffer.count(message);
      buffer.add({ ...message, ackSubject: `ack ${consumerSeq}` });
    },
  };
}

describe('what a consumer gives out', () => {
  it('is handed on as it comes, once nothing is missing', async () => {
    const { begin, answer, take, seqs } = setUp();
    begin();
    take(1, 1);
    // Asked before it came.
    await answer(1);
    expect(seqs()).toEqual([]);
    await answer(1);
    expect(seqs()).toEqual([1]);
    take(2, 2);
    take(5, 3);
    expect(seqs()).toEqual([1, 2, 5]);
  });

  it('waits for what an earlier connection was given, and then goes in the order of the stream', async () => {
    const { begin, answer, take, seqs } = setUp();
    begin();
    take(3, 8);
    await answer(3);
    take(1, 9);
    take(2, 10);
    await answer(3);
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it('does not count what came while the server was asked, nor what is gone since', async () => {
    const { begin, asked, answer, take, seqs, pendingAcks } = setUp();
    begin();
    take(2, 2);
    // Asked while one is here: two are given out, of which one came just now.
    take(3, 3);
    await answer(2);
    expect(seqs()).toEqual([]);
    await until(() => asked.length > 0);
    const [one] = pendingAcks.inSequence();
    if (one !== undefined) pendingAcks.remove(one);
    await answer(2);
    expect(seqs()).toEqual([]);
    await answer(1);
    expect(seqs()).toEqual([3]);
  });

  it('is gathered again when the count has a gap', async () => {
    const { begin, answer, take, seqs, buffer } = setUp();
    begin();
    await answer(0);
    take(1, 1);
    take(3, 3);
    expect(buffer.passesOn).toBe(false);
    await answer(3);
    take(2, 4);
    await answer(3);
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it('is handed on once, also when it is given out again', async () => {
    const { begin, answer, take, seqs, handed } = setUp();
    begin();
    await answer(0);
    take(1, 1);
    take(1, 2);
    expect(seqs()).toEqual([1]);
    expect(handed[0]?.ackSubject).toBe('ack 2');
  });

  it('is another message when it was stored at another time', async () => {
    const { begin, answer, take, seqs, handed, pendingAcks } = setUp();
    begin();
    await answer(0);
    take(1, 1);
    take(1, 2, 'later');
    expect(seqs()).toEqual([1, 1]);
    const [before] = handed;
    expect(before !== undefined && pendingAcks.remove(before)).toBe(false);
    expect(pendingAcks.size).toBe(1);
  });

  it('is handed on all the same when the rest is not redelivered, which is reported', async () => {
    const { begin, answer, take, seqs, missing } = setUp(-1);
    take(2, 2);
    begin();
    await answer(3);
    expect(seqs()).toEqual([2]);
    expect(missing.mock.calls).toEqual([[2]]);
  });

  it('is not handed on while it is paused, nor for an answer that comes late', async () => {
    const { begin, asked, take, seqs, buffer } = setUp();
    begin();
    take(1, 1);
    await until(() => asked.length > 0);
    buffer.pause();
    asked[0]?.resolve(1);
    await Promise.resolve();
    take(2, 2);
    expect(seqs()).toEqual([]);
  });
});
