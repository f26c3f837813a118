/** Traces of a driver that runs as its own process, at a receiver that decodes the protocol of OpenTelemetry. */
import { createHmac } from 'node:crypto';
import { headers, type MsgHdrs } from 'nats';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../simulators/support/free-port.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../../support/cluster.ts';
import { startDriver } from '../../support/driver-process.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp-receiver.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SECRET = 'SENEYESECRET';

let cluster: Cluster;
let receiver: OtlpReceiver;
let seneye: string;
beforeAll(async () => {
  const port = await freePort();
  seneye = `http://127.0.0.1:${port}/localexchange/endpoint`;
  const ingest = {
    stream: { create: true },
    seneye: { host: '127.0.0.1', port, sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }] },
  };
  cluster = await startCluster({ settings: { ingest }, files: { 'seneye.secret': SECRET }, jetstream: true });
});
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await cluster.driver.stop('SIGKILL');
  await receiver.stop();
});
afterAll(() => cluster.stop());

/** Reports each part of OpenTelemetry that is loaded, but its API, which the client of Prometheus needs too. */
const WATCH = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) {
  if (url.includes('@opentelemetry/') && !url.includes('@opentelemetry/api/')) process.stderr.write('loaded ' + url + '\\n');
  return next(url, context);
} });`;

/** Starts the driver of a test in place of the one before, with traces unless the variables differ. */
async function start(env: Record<string, string> = {}): Promise<void> {
  await cluster.driver.stop('SIGKILL');
  cluster.driver = startDriver({
    ...cluster.driverOptions,
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(WATCH)}`],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50', ...env },
  });
  await cluster.ready();
}

/** Sends a request with headers, and returns the headers of its answer. */
async function ask(body: object, given: Readonly<Record<string, string>> = {}): Promise<MsgHdrs | undefined> {
  const block = headers();
  for (const [name, value] of Object.entries(given)) block.set(name, value);
  const answer = await cluster.connection.request(REQUEST_TOPIC, JSON.stringify(body), {
    timeout: 30_000,
    headers: block,
  });
  return answer.headers;
}

const search = (id: string) => ({ function: 'tagsearch', id, params: { query: 'Temperature-SECRET', limit: 1 } });
const spanOf = (id: string, spans = receiver.spans) =>
  spans.find(({ attributes }) => attributes['messaging.message.conversation_id'] === id);

it('a request continues the trace of its caller, with a span for each call to a source', async () => {
  await start({ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' });
  const answer = await ask(search('a'), { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' });
  await expect
    .poll(() => spanOf('a'))
    .toMatchObject({
      ...{ traceId: TRACE, parentId: PARENT, state: 'vendor=1', name: 'tagsearch', kind: 2, status: 0 },
      attributes: { 'messaging.system': 'nats', 'iota.function': 'tagsearch', 'iota.status': 'ok' },
      resource: {
        ...{ 'service.name': 'iota-seeqdrv', 'service.version': expect.any(String) as string },
        ...{ 'deployment.environment.name': 'test', 'iota.driverid': 'test-driver' },
      },
    });
  const span = spanOf('a');
  expect(answer?.get('traceparent')).toBe(`00-${TRACE}-${span?.spanId}-01`);
  const plant = new URL(cluster.plants['plant-a']?.url ?? '');
  const calls = receiver.spans.filter(({ kind, traceId }) => kind === 3 && traceId === TRACE);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    expect(call).toMatchObject({
      parentId: span?.spanId,
      attributes: {
        'server.address': plant.hostname,
        'server.port': Number(plant.port),
        'http.response.status_code': 200,
        'url.full': expect.stringMatching(/^http:\/\/[^?#]+$/) as string,
      },
    });
    expect(call.name).toBe(call.attributes['http.request.method']);
  }
});

it('no span has a secret, a search text or a query', async () => {
  await start();
  await ask(search('b'));
  await ask({
    function: 'snapshot',
    id: 'c',
    params: { items: ['seeq:plant-a/signal/SECRET'] },
    user: { name: 'SECRET' },
  });
  await expect
    .poll(() => spanOf('c'))
    .toMatchObject({ status: 2, attributes: { 'error.type': expect.any(String) as string } });
  await expect.poll(() => spanOf('b')).toBeDefined();
  const text = JSON.stringify(receiver.spans.filter(({ kind }) => kind !== 3));
  expect(text).not.toMatch(/SECRET|simulator-access/);
  expect(JSON.stringify(receiver.spans)).not.toMatch(/Temperature|simulator-access|\?/);
});

it.each([
  ['of another form', 'SECRET'],
  ['with zeros only', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`],
  ['of an invalid version', `ff-${TRACE}-${PARENT}-01`],
  ['with capital letters', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ['that is very long', `00-${TRACE}-${PARENT}-01-${'x'.repeat(50_000)}`],
])('a context %s is ignored, and the request is answered', async (_name, traceparent) => {
  await start();
  await ask({ function: 'version', id: 'd' }, { traceparent, tracestate: '='.repeat(10_000) });
  await expect.poll(() => spanOf('d')).toMatchObject({ parentId: '', state: '', name: 'version' });
  expect(spanOf('d')?.traceId).not.toBe(TRACE);
});

it('a caller that does not record is not recorded, unless the sampler ignores it', async () => {
  await start();
  const answer = await ask({ function: 'version', id: 'e' }, { traceparent: `00-${TRACE}-${PARENT}-00` });
  expect(answer?.get('traceparent') ?? '').toBe('');
  await start({ OTEL_TRACES_SAMPLER: 'always_on' });
  await ask({ function: 'version', id: 'f' }, { traceparent: `00-${TRACE}-${PARENT}-00` });
  await expect.poll(() => spanOf('f')).toBeDefined();
  expect(spanOf('e')).toBeUndefined();
});

it('a reading carries the context of its publication', async () => {
  await start();
  const carried: string[] = [];
  const subscription = cluster.connection.subscribe('iota.readings.>', {
    callback: (_error, message) => {
      carried.push(message.headers?.get('traceparent') ?? '');
    },
  });
  await cluster.connection.flush();
  const content = JSON.stringify({ SUD: { id: 'A', TS: Math.floor(Date.now() / 1000), data: { S: { W: 1 }, T: 20 } } });
  const signed = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(content).toString('base64url')}`;
  const body = `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64')}`;
  const answer = await request(seneye, {
    method: 'POST',
    headers: { 'content-type': 'application/jose', 'x-seneye': 'SWS_1' },
    body,
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(200);
  const published = () => receiver.spans.filter(({ kind }) => kind === 4);
  await expect.poll(() => published().length).toBe(carried.length);
  expect(carried.length).toBeGreaterThan(0);
  expect(
    published()
      .map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
      .sort(),
  ).toEqual(carried.sort());
  expect(published()[0]?.attributes).toMatchObject({
    'messaging.destination.name': expect.stringMatching(/^iota\.readings\.seneye\./) as string,
    'iota.duplicate': 0,
  });
  subscription.unsubscribe();
});

describe('without traces', () => {
  it.each([
    ['no variable', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['the exporter none', { OTEL_TRACES_EXPORTER: 'none' }],
    ['the SDK switched off', { OTEL_SDK_DISABLED: 'true' }],
  ])('with %s, the SDK is not loaded', async (_name, env) => {
    await start(env);
    await ask({ function: 'version', id: 'g' });
    expect(cluster.driver.output()).not.toContain('loaded ');
    await cluster.driver.stop();
    expect(receiver.exports()).toBe(0);
  });

  it('with them, it is', async () => {
    await start();
    expect(cluster.driver.output()).toContain('loaded ');
  });
});

describe('a receiver that', () => {
  it('refuses: the driver answers, reports it, and continues when it accepts', async () => {
    await start();
    const accept = receiver.answer;
    receiver.answer = (_request, response) => response.writeHead(400).end();
    await ask({ function: 'version', id: 'h' });
    await cluster.driver.line(({ msg }) => msg?.startsWith('Traces cannot be exported') === true);
    // The line may be about an earlier export.
    await expect.poll(() => spanOf('h', receiver.refused)).toBeDefined();
    receiver.answer = accept;
    await ask({ function: 'version', id: 'i' });
    await expect.poll(() => spanOf('i')).toBeDefined();
    await cluster.driver.line(({ msg }) => msg === 'Traces are exported again.');
    expect(spanOf('h')).toBeUndefined();
  });

  it.each([
    ['is not there', () => receiver.stop()],
    ['never answers', () => void (receiver.answer = () => undefined)],
    ['answers without an end', () => void (receiver.answer = (_request, response) => response.write('x'))],
  ])('%s: the driver answers, and ends when it is stopped', async (_name, spoil) => {
    await start();
    await spoil();
    for (let n = 0; n < 20; n++) await ask({ function: 'version' });
    expect(await cluster.driver.stop()).toBe(0);
    receiver = await startOtlpReceiver();
  });

  it('is there when the driver stops gets what waits', async () => {
    await start({ OTEL_BSP_SCHEDULE_DELAY: '600000' });
    await ask({ function: 'version', id: 'j' });
    expect(await cluster.driver.stop()).toBe(0);
    expect(spanOf('j')).toBeDefined();
  });
});
