/** Messages of an answer that come twice, the second time as a note because it no longer fits max_payload. */
import { expect, test } from 'vitest';
import { AnswerEnvelope } from '../../../src/bus/requests/answer-envelope.ts';
import { createClient } from '../../../src/client/client.ts';
import type { AnswerEnd } from '../../../src/contract/answer.ts';
import { callerForTest, meta, serverForTest } from '../bus/support.ts';

const topic = 'north.mill.seeq.request';

/** The client against something that answers with these messages, made by the driver's own code. */
async function answered(messages: (envelope: AnswerEnvelope) => Uint8Array[]) {
  const server = await serverForTest();
  const driver = await callerForTest(server);
  driver.subscribe(topic, {
    callback: (_error, request) => {
      for (const data of messages(new AnswerEnvelope({ id: '7', function: 'snapshot' }))) request.respond(data);
    },
  });
  await driver.flush();
  const client = createClient(await callerForTest(server), { topic });
  return client.request({ id: '7', function: 'snapshot', params: { items: ['seeq:a/signal/1'] } });
}

const item = JSON.stringify({ index: 0, value: 42 });
const partial: AnswerEnd = { status: 'partial', meta };
const end = (envelope: AnswerEnvelope, seq: number, { status }: AnswerEnd): Uint8Array =>
  envelope.last(seq, [], { status, meta }).data;

test('the first that arrives is kept: a note after the content changes nothing but the status', async () => {
  const answer = await answered((envelope) => [
    envelope.middle(0, [item]).data,
    envelope.lost(0, undefined).data,
    end(envelope, 1, partial),
  ]);
  expect(answer).toMatchObject({ status: 'partial', items: [{ index: 0, value: 42 }], messages: 2 });
});

test('a note in the place of content that was lost is an item with an error, and the content after it is dropped', async () => {
  const answer = await answered((envelope) => [
    envelope.lost(0, undefined).data,
    envelope.middle(0, [item]).data,
    end(envelope, 1, partial),
  ]);
  expect(answer.items).toEqual([{ error: expect.objectContaining({ code: 'tooLarge', retryable: true }) as unknown }]);
  expect(answer.status).toBe('partial');
});

test('a note in the place of the end is an error that can be tried again', async () => {
  const answer = await answered((envelope) => [
    envelope.middle(0, [item]).data,
    envelope.lost(1, { status: 'ok', meta }).data,
    end(envelope, 1, { status: 'ok', meta }),
  ]);
  expect(answer).toMatchObject({ status: 'error', error: { code: 'tooLarge', retryable: true } });
});
