/** Servers and networks that answer badly, slowly or not at all: what is lost, and what the others notice. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FairLimiter } from '../../../../../src/driver/limits/fair-limiter.ts';
import type { SourceCall } from '../../../../../src/sources/source.ts';
import type { Fault } from '../../../../../simulators/seeq/behaviour.ts';
import { MEDIA_TYPE, raw, speaking } from '../misbehaving-server.ts';
import { briefCall, freeCall, idOf, openSource, plant, rejection, signalFqn } from '../support.ts';

const NANOSECONDS = 1_000_000n;
const START = BigInt(Date.parse('2026-03-14T00:00:00Z')) * NANOSECONDS;
const SIGNAL = signalFqn('Special Cases >> Signals >> Fast');

/** A call as a request makes it: limited, with a budget. */
function budgeted(ms: number): () => SourceCall {
  const signal = new AbortController().signal;
  const lane = new FairLimiter('plant', 8, 10_000).lane(signal);
  const deadlineMs = performance.now() + ms;
  return () => ({ signal, deadlineMs, run: (call) => lane.run(call) });
}

const tooBusy: Fault = { kind: 'status', status: 429, retryAfter: '0.2', rate: 0.2 };
const unavailable: Fault = { kind: 'status', status: 503, rate: 0.2 };
const mixed = (['reset', 'half', 'truncated'] as const).map((kind): Fault => ({ kind, rate: 0.1 }));

describe('of a thousand items', () => {
  it.each<[string, Fault[]]>([
    ['a fifth of the connections is reset', [{ kind: 'reset', rate: 0.2 }]],
    ['a fifth of the answers breaks off', [{ kind: 'half', rate: 0.2 }]],
    ['a fifth of the answers ends early', [{ kind: 'truncated', rate: 0.2 }]],
    ['a fifth of the calls is too much for the server', [tooBusy]],
    ['a fifth of the calls meets a server that is not available', [unavailable]],
    ['all of that happens', [...mixed, { ...tooBusy, rate: 0.1 }, { ...unavailable, rate: 0.1 }]],
  ])('none is lost where %s', { timeout: 120_000 }, async (_what, faults) => {
    const { seeq, source } = await plant();
    await source.snapshot(SIGNAL, START, freeCall());
    for (const fault of faults) await seeq.control.fail(fault);
    // On an idle machine it takes three seconds; a busy one has time.
    const call = budgeted(100_000);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, n) => source.snapshot(SIGNAL, START + BigInt(n) * 1000n * NANOSECONDS, call())),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});

describe('a server that takes connections and never answers', () => {
  it('is found out, and calls then fail at once', async () => {
    const connections: object[] = [];
    const source = openSource(await speaking((socket) => connections.push(socket)), { requestTimeoutMs: 600_000 });
    const first = await rejection(source.properties(idOf('Example'), freeCall()));
    expect(first).toMatchObject({ code: 'sourceUnavailable', retryable: true });
    expect(first.message).toContain('takes connections and does not answer a small call');
    const before = connections.length;
    const further = Array.from({ length: 100 }, (_, n) =>
      rejection(source.snapshot(SIGNAL, START + BigInt(n) * NANOSECONDS, briefCall(600_000))),
    );
    expect(new Set((await Promise.all(further)).map(({ code }) => code))).toEqual(new Set(['sourceUnavailable']));
    // At most one of them looked at the server.
    expect(connections.length - before).toBeLessThan(2);
  }, 60_000);
});

it('a single slow call of a healthy server is waited for', async () => {
  const { seeq, source } = await plant();
  await source.properties(idOf('Example'), freeCall());
  await seeq.control.fail({ kind: 'latency', ms: 3000, operation: 'get_item_and_all_properties' });
  const slow = source.properties(idOf('Example'), freeCall());
  expect(await slow).toMatchObject({ name: 'Example' });
  expect(await source.snapshot(SIGNAL, START, freeCall())).toMatchObject({ status: 'Good' });
}, 60_000);

it('a call on a dead connection is made once more on a new one, long before the budget ends', async () => {
  const { seeq, source } = await plant({}, { requestTimeoutMs: 600_000 });
  await source.properties(idOf('Example'), freeCall());
  await seeq.control.fail({ kind: 'hang', operation: 'get_item_and_all_properties', times: 1 });
  expect(await source.properties(idOf('Example'), briefCall(6000))).toMatchObject({ name: 'Example' });
}, 60_000);

/** A server whose every answer but the log-in's is the given one. */
const sending = (headers: Record<string, string>, body: Buffer | undefined): Promise<string> =>
  raw((request, response) => {
    if (request.url?.endsWith('/auth/login') === true) {
      response.writeHead(200, { 'content-type': MEDIA_TYPE, 'x-sq-auth': 'session-8f2c41d07b' }).end('{}');
      return;
    }
    response.writeHead(200, { 'content-type': MEDIA_TYPE, ...headers });
    if (body === undefined) response.flushHeaders();
    else response.end(body);
  });
const ITEM = Buffer.from(JSON.stringify({ id: idOf('Example'), name: 'Example', type: 'Asset', properties: [] }));

describe('a compressed answer', () => {
  it.each([
    ['gzip', gzipSync(ITEM)],
    ['x-gzip', gzipSync(ITEM)],
    ['GZIP, identity', gzipSync(ITEM)],
    ['deflate', deflateSync(ITEM)],
    ['deflate', deflateRawSync(ITEM)],
    ['br', brotliCompressSync(ITEM)],
    ['zstd', zstdCompressSync(ITEM)],
    ['br, gzip', gzipSync(brotliCompressSync(ITEM))],
    ['identity', ITEM],
  ])('in %s is read', async (encoding, body) => {
    const source = openSource(await sending({ 'content-encoding': encoding }, body));
    expect(await source.properties(idOf('Example'), freeCall())).toMatchObject({ name: 'Example' });
  });

  it('is asked for', async () => {
    const { seeq, source } = await plant();
    await source.properties(idOf('Example'), freeCall());
    expect((await seeq.control.requests()).length).toBeGreaterThan(0);
    const asked: unknown[] = [];
    const url = await raw((request, response) => {
      asked.push(request.headers['accept-encoding']);
      response.end();
    });
    await rejection(openSource(url).properties(idOf('Example'), briefCall(1)));
    expect(asked[0]).toBe('gzip, deflate, br, zstd');
  });

  it.each([
    ['gzip', gzipSync(ITEM).subarray(0, 40), 'ends early'],
    ['br', brotliCompressSync(ITEM).subarray(0, 40), 'ends early'],
    ['zstd', zstdCompressSync(ITEM).subarray(0, 40), 'ends early'],
    ['gzip', ITEM, 'is not gzip'],
    ['compress', ITEM, '"compress", which the driver did not ask for'],
    ['constructor', ITEM, '"constructor", which the driver did not ask for'],
    ['gzip, gzip, gzip', ITEM, 'more than twice'],
    ['gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, 32)), 'larger than the driver accepts for this call (1 MiB)'],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(256 * 1024 * 1024))), 'larger than the driver accepts'],
  ])('in %s that is wrong is reported as an error', async (encoding, body, text) => {
    const source = openSource(await sending({ 'content-encoding': encoding }, body));
    const error = await rejection(source.properties(idOf('Example'), briefCall(1000)));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain(text);
  });
});

describe('an answer that is too large', () => {
  it('is refused by its length, before any of it comes', async () => {
    const source = openSource(await sending({ 'content-length': '262144000' }, undefined));
    const error = await rejection(source.properties(idOf('Example'), freeCall()));
    expect(error.message).toContain('larger than the driver accepts for this call (1 MiB)');
  });

  it('is asked for again in smaller pages', async () => {
    const limits: number[] = [];
    const source = openSource(
      await raw((request, response) => {
        const url = new URL(request.url ?? '/', 'http://x');
        response.writeHead(200, { 'content-type': MEDIA_TYPE, 'x-sq-auth': 'session-8f2c41d07b' });
        if (!url.pathname.endsWith('/items')) return void response.end('{}');
        const limit = Number(url.searchParams.get('limit'));
        limits.push(limit);
        const hit = { id: idOf('Example'), name: 'Example', type: 'StoredSignal', description: 'x'.repeat(20_000) };
        response.end(JSON.stringify({ items: Array.from({ length: limit }, () => hit), limit, offset: 0 }));
      }),
    );
    const page = await source.search(
      { kind: 'signal', pattern: { kind: 'all' }, field: 'name', orderBy: 'name', offset: 0, limit: 100 },
      freeCall(),
    );
    expect(limits).toEqual([100, 50]);
    expect([page.found.length, page.more]).toEqual([50, true]);
  });
});
