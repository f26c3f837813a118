/** Answers as they arrive: complete, in order, within every limit, whatever the sizes of their items. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerEnd, AnswerHead, IncomingRequest } from '../../../../src/contract/answer.ts';
import type { SeriesChunk } from '../../../../src/contract/series.ts';
import type { Flag } from '../../../../src/contract/values.ts';
import { ask, itemsOf, meta, until, harnessForTest, type Received } from '../support.ts';

interface Plan {
  items: object[];
  end?: Partial<AnswerEnd>;
  /** Calls `item` without waiting for it. */
  hasty?: boolean;
  trace?: AnswerHead['trace'];
}

/** A driver whose answer is set by the test. */
async function planned(plan: Plan, options: Parameters<typeof harnessForTest>[1] = {}) {
  const state = { plan };
  const harness = await harnessForTest(async (request: IncomingRequest) => {
    const { items, end, hasty, trace } = state.plan;
    const answer = request.answer({ id: 'id "1"', function: 'discrete', trace });
    for (const item of items) {
      const taken = answer.item(item);
      if (hasty !== true) await taken;
    }
    await answer.end({ status: 'ok', meta, ...end });
  }, options);
  return { ...harness, state };
}

/** What holds for every answer. */
function expectWellFormed(received: Received[], limit: number): void {
  expect(received.map(({ message }) => message.seq)).toEqual(received.map((_one, position) => position));
  expect(received.map(({ message }) => message.last)).toEqual(
    received.map((_one, position) => position === received.length - 1),
  );
  for (const { message, bytes } of received) {
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(message.id).toBe('id "1"');
    expect(message.meta === undefined).toBe(!message.last);
    if (!message.last) expect(message.status).toBe('ok');
  }
}

function series(length: number, options: Partial<SeriesChunk> = {}): SeriesChunk {
  const times = Array.from({ length }, (_one, position) => `2026-01-01T00:00:00.${String(position).padStart(9, '0')}Z`);
  return { index: 0, fqn: 'seeq:plant-a/signal/1', times, values: times.map((_time, i) => i / 7), ...options };
}

/** The pieces of one series put together again, as a caller does. */
function joined(pieces: unknown[]): { times: string[]; values: unknown[]; flags: Flag[] } {
  const whole = { times: [] as string[], values: [] as unknown[], flags: [] as Flag[] };
  for (const piece of pieces as SeriesChunk[]) {
    const base = whole.times.length;
    whole.flags.push(...(piece.flags ?? []).map(([from, to, status]): Flag => [from + base, to + base, status]));
    whole.times.push(...piece.times);
    whole.values.push(...piece.values);
  }
  return whole;
}

describe('small answers', () => {
  test('are one message with items, status and meta', async () => {
    const { caller } = await planned({ items: [{ a: 1 }, { b: 'ü' }] });
    const received = await ask(caller);
    expect(received.map(({ message }) => message)).toEqual([
      { id: 'id "1"', function: 'discrete', seq: 0, last: true, status: 'ok', items: [{ a: 1 }, { b: 'ü' }], meta },
    ]);
    expect(received[0]?.raw.headers).toBeUndefined();
  });

  test('that fail carry the error in headers as well, made safe for a header', async () => {
    const message = `Line one\r\nNats-Evil: yes\r\n\r\nbody ${'x'.repeat(500)} 😀`;
    const error = { code: 'sourceError' as const, message, retryable: false, details: { field: 'x' } };
    const { caller } = await planned({ items: [], end: { status: 'error', error } });
    const [received] = await ask(caller);
    expect(received?.message).toMatchObject({ status: 'error', error, items: [] });
    const headers = received?.raw.headers;
    expect(headers?.keys()).toEqual(['Nats-Service-Error', 'Nats-Service-Error-Code']);
    expect(headers?.get('Nats-Service-Error')).toMatch(/^sourceError: Line one Nats-Evil: yes body x+\.\.\.$/);
    expect(headers?.get('Nats-Service-Error-Code')).toBe('502');
  });
});

describe('a traced request', () => {
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: `vendor=${'x'.repeat(400)}` };

  test('has its context in every message, each within the limit', async () => {
    const error = { code: 'sourceError' as const, message: 'No.', retryable: false };
    const items = Array.from({ length: 2000 }, (_one, index) => ({ index, name: 'x'.repeat(100) }));
    const { caller, state } = await planned({ items, trace }, { serve: { chunkBytes: 5000 } });
    const received = await ask(caller);
    expectWellFormed(received, 5000);
    expect(itemsOf(received)).toEqual(items);
    state.plan = { items: [], trace, end: { status: 'error', error } };
    for (const { raw } of [...received, ...(await ask(caller))]) {
      expect(raw.headers?.get('traceparent')).toBe(trace.traceparent);
      expect(raw.headers?.get('tracestate')).toBe(trace.tracestate);
    }
  });
});

describe('large answers', () => {
  test('of 200,000 items arrive complete and in order, within max_payload', async () => {
    const items = Array.from({ length: 200_000 }, (_one, i) => ({ index: i, value: i * 1.5, name: `tag ${i}` }));
    const { caller } = await planned({ items }, { serve: { chunkBytes: 1_000_000 }, server: { maxPayload: 65_536 } });
    const received = await ask(caller);
    expectWellFormed(received, 65_536);
    expect(itemsOf(received)).toEqual(items);
    // Well filled, too: no more than a few messages above the least possible.
    const bytes = received.reduce((sum, one) => sum + one.bytes, 0);
    expect(received.length).toBeLessThanOrEqual(Math.ceil(bytes / 64_000) + 2);
  });

  test('a series of 200,000 samples is cut in pieces that join to the same series', async () => {
    const flags: Flag[] = [
      [10, 150_000, 'Questionable'],
      [199_999, 199_999, 'Bad Data'],
    ];
    const states = Array.from({ length: 200_000 }, (_one, i) => (i % 3 === 0 ? i : null));
    const whole = series(200_000, { flags, states, unit: '°C', truncated: true });
    const { caller } = await planned(
      { items: [{ first: true }, whole, { last: true }] },
      { serve: { chunkBytes: 100_000 } },
    );
    const received = await ask(caller);
    expectWellFormed(received, 100_000);
    const items = itemsOf(received);
    expect(items[0]).toEqual({ first: true });
    expect(items.at(-1)).toEqual({ last: true });
    const pieces = items.slice(1, -1) as SeriesChunk[];
    const result = joined(pieces);
    expect(result.times).toEqual(whole.times);
    expect(result.values).toEqual(whole.values);
    expect(pieces.flatMap((piece) => piece.states)).toEqual(states);
    expect(result.flags.reduce((sum, [from, to]) => sum + to - from + 1, 0)).toBe(150_000 - 10 + 2);
    expect(pieces.map((piece) => piece.more ?? false)).toEqual(pieces.map((_piece, i) => i < pieces.length - 1));
    expect(pieces.map((piece) => piece.truncated ?? false)).toEqual(pieces.map((_piece, i) => i === pieces.length - 1));
    expect(received.at(-1)?.message.status).toBe('ok');
  });

  test('a series whose first samples are far smaller than the others is cut just as well', async () => {
    const values = Array.from({ length: 5000 }, (_one, i) => (i < 100 ? 0 : 'ä'.repeat(300)));
    const whole = series(5000, { values });
    const { caller } = await planned({ items: [whole] }, { serve: { chunkBytes: 50_000 } });
    const received = await ask(caller);
    expectWellFormed(received, 50_000);
    expect(joined(itemsOf(received)).values).toEqual(values);
  });

  test('an item that fits no message becomes an error of its own, and the answer partial', async () => {
    const huge = { index: 7, fqn: 'seeq:plant-a/asset/9', host: 'plant-a', text: 'x'.repeat(3_000_000) };
    const { caller, bus } = await planned({ items: [{ before: true }, huge, { after: true }] });
    const received = await ask(caller);
    expect(received.at(-1)?.message.status).toBe('partial');
    expect(itemsOf(received)).toMatchObject([
      { before: true },
      { index: 7, fqn: 'seeq:plant-a/asset/9', host: 'plant-a', error: { code: 'tooLarge', retryable: false } },
      { after: true },
    ]);
    // Sending it as it is would have ended the connection.
    expect(bus.state).toBe('connected');
  });

  test('a sample that fits no message leaves the others of its series', async () => {
    const values = ['a', 'b'.repeat(50_000), 'c', 'd'];
    const { caller } = await planned({ items: [series(4, { values })] }, { serve: { chunkBytes: 10_000 } });
    const received = await ask(caller);
    const items = itemsOf(received) as (Partial<SeriesChunk> & { error?: { code: string } })[];
    expect(items.flatMap((item) => item.values ?? [item.error?.code])).toEqual(['a', 'tooLarge', 'c', 'd']);
    expect(received.at(-1)?.message.status).toBe('partial');
  });

  test('an item whose very name is too long is refused without it', async () => {
    const item = { index: 3, fqn: 'f'.repeat(5000) };
    const { caller } = await planned({ items: [item] }, { serve: { chunkBytes: 2000 } });
    const [failed] = itemsOf(await ask(caller));
    expect(failed).toMatchObject({ index: 3, error: { code: 'tooLarge' } });
    expect(failed).not.toHaveProperty('fqn');
  });

  test('items that the handler does not wait for keep their order', async () => {
    const items = Array.from({ length: 2000 }, (_one, i) => ({ i, filler: 'x'.repeat(100) }));
    const { caller } = await planned({ items, hasty: true }, { serve: { chunkBytes: 2000, inFlightBytes: 4000 } });
    const received = await ask(caller);
    expectWellFormed(received, 2000);
    expect(itemsOf(received)).toEqual(items);
  });
});

describe('ends that hardly fit', () => {
  const hosts = Array.from({ length: 200 }, (_one, i) => `plant-${i}`);

  test('a long error is shortened, its code kept', async () => {
    const error = {
      code: 'sourceError' as const,
      message: 'm'.repeat(9000),
      retryable: true,
      details: { d: 'd'.repeat(9000) },
    };
    const end = { status: 'error' as const, error };
    const { caller } = await planned({ items: [{ a: 1 }], end }, { serve: { chunkBytes: 2000 } });
    const received = await ask(caller);
    expectWellFormed(received, 2000);
    expect(itemsOf(received)).toEqual([{ a: 1 }]);
    expect(received.at(-1)?.message.error).toMatchObject({ code: 'sourceError', retryable: true });
    expect(received.at(-1)?.message.error).not.toHaveProperty('details');
  });

  test('a long list of hosts is left out, the cursor kept', async () => {
    const end = { meta: { ...meta, hosts, cursor: 'c'.repeat(500) } };
    const { caller } = await planned({ items: [], end }, { serve: { chunkBytes: 1500 } });
    const received = await ask(caller);
    expect(received.at(-1)?.message).toMatchObject({ status: 'ok', meta: { cursor: 'c'.repeat(500), hosts: [] } });
  });

  test('a cursor that fits nowhere makes the answer an error', async () => {
    const end = { meta: { ...meta, cursor: 'c'.repeat(5000) } };
    const { caller } = await planned({ items: [], end }, { serve: { chunkBytes: 1500 } });
    expect((await ask(caller)).at(-1)?.message).toMatchObject({ status: 'error', error: { code: 'tooLarge' } });
  });

  test('a limit below any answer is reported in the log, and the driver continues', async () => {
    const { caller, bus, endpoint, state } = await planned({ items: [{ a: 1 }] }, { serve: { chunkBytes: 50 } });
    caller.publish('north.mill.seeq.request', '{}', { reply: 'nobody' });
    await until(() => endpoint.numbers().error === 1);
    expect(bus.log.messages('error').join()).toContain('an empty answer exceeds max_payload');
    state.plan = { items: [] };
    expect(bus.state).toBe('connected');
  });
});

describe('compressed answers', () => {
  test('only for callers that ask, and only where it pays', async () => {
    const items = Array.from({ length: 500 }, (_one, i) => ({ i, name: `Temperature ${i}` }));
    const { caller, state } = await planned({ items });
    const plain = await ask(caller);
    expect(plain[0]?.raw.headers).toBeUndefined();
    const packed = await ask(caller, {}, { gzip: true });
    expect(packed[0]?.raw.headers?.get('Content-Encoding')).toBe('gzip');
    expect(itemsOf(packed)).toEqual(items);
    const size = (received: Received[]): number => received.reduce((sum, one) => sum + one.bytes, 0);
    expect(size(packed)).toBeLessThan(size(plain) / 3);
    state.plan = { items: [{ a: 1 }] };
    expect((await ask(caller, {}, { gzip: true }))[0]?.raw.headers).toBeUndefined();
  });

  test('an error stays visible in the headers', async () => {
    const error = {
      code: 'tooLarge' as const,
      message: 'too much',
      retryable: false,
      details: { long: 'x'.repeat(5000) },
    };
    const { caller } = await planned({ items: [], end: { status: 'error', error } });
    const [received] = await ask(caller, {}, { gzip: true });
    expect(received?.message.error).toEqual(error);
    expect(received?.raw.headers?.get('Content-Encoding')).toBe('gzip');
    expect(received?.raw.headers?.get('Nats-Service-Error-Code')).toBe('413');
  });

  test('a long series and data that cannot be compressed stay within the limit', async () => {
    const noise = Array.from({ length: 400 }, () => ({ noise: randomBytes(700).toString('base64') }));
    const values = Array.from({ length: 3000 }, () => randomBytes(30).toString('base64'));
    const whole = series(3000, { values });
    const { caller, state } = await planned({ items: noise }, { serve: { chunkBytes: 20_000 } });
    const received = await ask(caller, {}, { gzip: true });
    expectWellFormed(received, 20_000);
    expect(itemsOf(received)).toEqual(noise);
    state.plan = { items: [whole] };
    const pieces = await ask(caller, {}, { gzip: true });
    expectWellFormed(pieces, 20_000);
    expect(joined(itemsOf(pieces)).values).toEqual(values);
    state.plan = { items: [{ index: 1, noise: randomBytes(100_000).toString('base64') }] };
    const refused = await ask(caller, {}, { gzip: true });
    expect(refused.at(-1)?.message).toMatchObject({ status: 'partial' });
    expect(itemsOf(refused)).toMatchObject([{ index: 1, error: { code: 'tooLarge' } }]);
  });
});

describe('any sizes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  const item = fc.record({
    text,
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    more: fc.array(text, { maxLength: 3 }),
  });
  const limit = 6000;

  test.each([false, true])('concatenation equals the input, each message within limits (gzip: %s)', async (gzip) => {
    const { caller, state } = await planned(
      { items: [] },
      { serve: { chunkBytes: limit }, server: { maxPayload: 8192 } },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 60 }), fc.boolean(), async (items, hasty) => {
        state.plan = { items, hasty };
        const received = await ask(caller, {}, { gzip });
        expectWellFormed(received, limit);
        expect(itemsOf(received)).toEqual(JSON.parse(JSON.stringify(items)));
        expect(received.at(-1)?.message.status).toBe('ok');
      }),
      { numRuns: 60 },
    );
  });

  test('series of any length and any text join to the input', async () => {
    const { caller, state } = await planned({ items: [] }, { serve: { chunkBytes: limit } });
    const short = fc.string({ unit: 'grapheme', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(short, { maxLength: 3000 }), fc.boolean(), async (values, gzip) => {
        state.plan = { items: [{ ...series(values.length), values }] };
        const received = await ask(caller, {}, { gzip });
        expectWellFormed(received, limit);
        expect(joined(itemsOf(received)).values).toEqual(values);
      }),
      { numRuns: 25 },
    );
  });

  test('a body may be exactly as long as the limit, in bytes and not in characters', async () => {
    const { caller, state } = await planned({ items: [] }, { serve: { chunkBytes: limit } });
    for (let length = 1400; length < 1500; length++) {
      // Four bytes and two UTF-16 units each; together the lengths pass the limit by steps of four.
      state.plan = { items: [{ text: '😀'.repeat(length) }] };
      const received = await ask(caller);
      expectWellFormed(received, limit);
      expect(itemsOf(received)).toHaveLength(1);
    }
  });
});
