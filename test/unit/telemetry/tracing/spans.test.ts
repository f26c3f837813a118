/** The spans of each kind of work, with the official SDK. */
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishChannel, requestChannel, sourceCallChannel, traced } from '../../../../src/lib/traced-work.ts';
import { recordWork } from '../../../../src/telemetry/tracing/spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

const exporter = new InMemorySpanExporter();
let end: () => void;
beforeEach(() => {
  exporter.reset();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  end = recordWork(provider.getTracer('test'));
});
afterEach(() => {
  end();
});

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    ...{ name: span.name, attributes: span.attributes, status: span.status.code },
    ...{ trace: span.spanContext().traceId, id: span.spanContext().spanId, parent: span.parentSpanContext?.spanId },
  }));

const request = (more: object = {}) => ({ incoming: undefined, bytes: 7, ...more });
const call = (origin: string) => ({ method: 'GET', origin, path: '/api/items' });

describe('a request', () => {
  it('continues the trace of its caller, and has the calls to sources as children', async () => {
    const work = { ...request({ incoming: { traceparent: PARENT, tracestate: 'a=1' } }) };
    await traced(requestChannel, work, async () => {
      Object.assign(work, { function: 'snapshot', id: 'r1', status: 'ok' });
      const outgoing = call('https://seeq.example.com');
      await traced(sourceCallChannel, outgoing, async () => {
        Object.assign(outgoing, { status: 200 });
        return Promise.resolve();
      });
    });
    const [child, server] = spans();
    expect(server).toMatchObject({ name: 'snapshot', trace: TRACE, parent: 'b7ad6b7169203331', status: 0 });
    expect(server?.attributes).toMatchObject({ 'iota.function': 'snapshot', 'iota.status': 'ok' });
    expect(child).toMatchObject({ name: 'GET', trace: TRACE, parent: server?.id });
    expect(child?.attributes).toEqual({
      ...{ 'http.request.method': 'GET', 'url.full': 'https://seeq.example.com/api/items' },
      ...{ 'server.address': 'seeq.example.com', 'server.port': 443, 'http.response.status_code': 200 },
    });
    expect(work).toMatchObject({
      outgoing: { traceparent: expect.stringContaining(TRACE) as string, tracestate: 'a=1' },
    });
  });

  it.each([
    ['none', undefined],
    ['no trace', { traceparent: 'nonsense' }],
    ['one that is too long', { traceparent: `${PARENT}${'0'.repeat(200)}` }],
  ])('begins a trace of its own with %s', async (_what, incoming) => {
    await traced(requestChannel, request({ incoming }), () => Promise.resolve());
    expect(spans()).toMatchObject([{ name: 'request', parent: undefined }]);
    expect(spans()[0]?.trace).not.toBe(TRACE);
  });

  it('keeps its trace without a state that is too long', async () => {
    const work = request({ incoming: { traceparent: PARENT, tracestate: `a=${'1'.repeat(600)}` } });
    await traced(requestChannel, work, () => Promise.resolve());
    expect(spans()[0]?.trace).toBe(TRACE);
    expect((work as { outgoing?: { tracestate?: string } }).outgoing?.tracestate).toBeUndefined();
  });

  it('that failed has its error code', async () => {
    await traced(requestChannel, request({ function: 'hosts', status: 'error', code: 'timeout' }), () =>
      Promise.resolve(),
    );
    expect(spans()).toMatchObject([{ name: 'hosts', status: 2, attributes: { 'error.type': 'timeout' } }]);
  });
});

describe('a call to a source', () => {
  const within = (work: object, run: () => Promise<unknown>) =>
    traced(requestChannel, request(), () =>
      traced(sourceCallChannel, work as never, run).then(
        () => undefined,
        () => undefined,
      ),
    );

  it('without a request is not recorded, so that probes are no traces', async () => {
    await traced(sourceCallChannel, call('http://127.0.0.1:1'), () => Promise.resolve());
    expect(spans()).toEqual([]);
  });

  it.each([
    ['http://plant', 80],
    ['http://plant:8080', 8080],
  ])('to %s has port %d', async (origin, port) => {
    await within(call(origin), () => Promise.resolve());
    expect(spans()[0]?.attributes['server.port']).toBe(port);
  });

  it('with a status of a failure has it as its error', async () => {
    await within({ ...call('http://plant'), status: 503 }, () => Promise.resolve());
    expect(spans()[0]).toMatchObject({ status: 2, attributes: { 'error.type': '503' } });
  });

  it.each([
    ['its code', Object.assign(new Error('secret text'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['its class', new TypeError('secret text'), 'TypeError'],
    // Libraries may throw anything.
    ['nothing else', 'secret text' as unknown as Error, 'unknown'],
  ])('that failed has of its error %s', async (_what, error: Error, type) => {
    await within(call('http://plant'), () => Promise.reject(error));
    expect(spans()[0]).toMatchObject({ status: 2, attributes: { 'error.type': type } });
    expect(JSON.stringify(spans())).not.toContain('secret text');
  });

  it('with an address that is none leaves the request its span', async () => {
    await within(call('no address'), () => Promise.resolve());
    expect(spans()).toMatchObject([{ name: 'request' }]);
  });
});

it('a reading is a span of its own, with what the bus said of it', async () => {
  const work = { subject: 'iota.readings.a', id: 'x', bytes: 3 };
  await traced(publishChannel, work, () => {
    Object.assign(work, { duplicate: true });
    return Promise.resolve();
  });
  await traced(publishChannel, { ...work, duplicate: undefined as never }, () =>
    Promise.reject(new Error('gone')),
  ).catch(() => undefined);
  expect(spans()).toMatchObject([
    {
      name: 'publish reading',
      attributes: { 'messaging.destination.name': 'iota.readings.a', 'iota.duplicate': true },
    },
    { name: 'publish reading', status: 2, attributes: { 'error.type': 'Error' } },
  ]);
});

it('nothing is recorded after the end', async () => {
  end();
  await traced(requestChannel, request(), () => Promise.resolve());
  expect(spans()).toEqual([]);
});
