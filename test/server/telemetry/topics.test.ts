/** The telemetry topics of a driver that runs as its own process, heard by a second identity on a real bus. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { healthSchema } from '../../../src/contract/health.ts';
import { logSchema, metricsSchema, statsSchema } from '../../../src/contract/telemetry.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../../support/cluster.ts';
import { startDriver } from '../../support/driver-process.ts';

const TOPICS = {
  healthtopic: 'iota.health',
  metricstopic: 'region.site.metrics',
  statstopic: 'region.site.stats',
  logstopic: 'region.site.seeq.logs',
};
const FAST = { ...TOPICS, healthmsec: 100, metricsmsec: 100 };

type PlantName = 'plant-a' | 'plant-b';

interface Changes {
  /** The plants that the driver knows; one by default. */
  readonly plants?: readonly PlantName[];
  /** Laid over each server of the configuration. */
  readonly server?: Record<string, unknown>;
  readonly files?: Record<string, string>;
  readonly env?: Record<string, string>;
}

/** Bus and plants are the same for all tests; each has a driver of its own. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ plants: { 'plant-a': {}, 'plant-b': {} }, config: FAST });
});
afterEach(async () => {
  for (const { control } of Object.values(cluster.plants)) {
    await control.heal();
    await control.set({ down: false });
  }
  await cluster.nats.reload({ users: [cluster.caller, cluster.driverUser] });
});
afterAll(() => cluster.stop());

/** Starts the driver of a test in place of the one before, and waits until it answers. */
async function start(config: Record<string, unknown>, changes: Changes = {}): Promise<void> {
  await cluster.driver.stop('SIGKILL');
  for (const { control } of Object.values(cluster.plants)) await control.clearRequests();
  const { plants = ['plant-a'], server, files, env = {} } = changes;
  const given = cluster.driverOptions.config as { settings: { servers: { name: string }[] } };
  const servers = given.settings.servers
    .filter(({ name }) => plants.some((plant) => plant === name))
    .map((one) => ({ ...one, ...server }));
  cluster.driver = startDriver({
    ...cluster.driverOptions,
    files: { ...cluster.driverOptions.files, ...files },
    config: { ...given, ...config, settings: { ...given.settings, servers } },
    env,
  });
  await cluster.ready();
}

/** Listens to a topic; every message is held against its schema. */
function listen<Schema extends z.ZodType>(subject: string, schema: Schema) {
  const heard: z.infer<Schema>[] = [];
  const wrong: unknown[] = [];
  const waiting = new Set<() => void>();
  cluster.connection.subscribe(subject, {
    callback: (_error, message) => {
      const parsed = schema.safeParse(message.json());
      if (parsed.success) heard.push(parsed.data);
      else wrong.push(parsed.error.issues, message.json());
      for (const look of waiting) look();
    },
  });
  return {
    heard,
    wrong,
    /** The first message from now on that fits. */
    next: (fits: (message: z.infer<Schema>) => boolean = () => true): Promise<z.infer<Schema>> => {
      const from = heard.length;
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = heard.slice(from).find(fits);
          if (wrong.length > 0) reject(new Error(JSON.stringify(wrong)));
          else if (found !== undefined) resolve(found);
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
      });
    },
  };
}

const plant = (name: PlantName) => cluster.plants[name]?.control ?? expect.fail(name);

/** Has the driver ask every plant something, for so long. */
const use = (limit = 1, timeoutMs = 30_000) => cluster.ask({ function: 'tagsearch', timeoutMs, params: { limit } });

describe('health', () => {
  it('says who publishes, and that all is well', async () => {
    await start({}, { plants: ['plant-a', 'plant-b'] });
    const health = listen(TOPICS.healthtopic, healthSchema);
    const message = await health.next();
    const { items } = await cluster.ask({ function: 'version' });
    expect(message).toMatchObject({
      ...{ kind: 'health', schema: 1, driver: 'iota-seeqdrv', type: 'seeq', driverid: 'test-driver' },
      ...{ reqtopic: REQUEST_TOPIC, state: 'ok', reasons: [] },
      bus: { connected: true, server: `${cluster.nats.host}:${cluster.nats.port}` },
      servers: [
        { name: 'plant-a', state: 'up', version: expect.stringMatching(/^66\./) as string },
        { name: 'plant-b', state: 'up' },
      ],
    });
    const { instance, version, started } = message;
    expect(items).toMatchObject([{ instance, version, started }]);
    expect(Date.parse(message.time)).toBeGreaterThanOrEqual(Date.parse(started));
  });

  it('checks an idle server far less often than it is published', async () => {
    await start({});
    const health = listen(TOPICS.healthtopic, healthSchema);
    for (let n = 0; n < 10; n++) await health.next();
    const probes = (await plant('plant-a').requests()).filter(({ path }) => path.endsWith('/server-status'));
    // One, but a busy machine may take longer than the driver waits for an answer, or than an answer counts.
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.length).toBeLessThanOrEqual(3);
  });

  it('is degraded while one of the servers is down, down while all are, and ok again', async () => {
    await start({}, { plants: ['plant-a', 'plant-b'] });
    const health = listen(TOPICS.healthtopic, healthSchema);
    await plant('plant-b').set({ down: true });
    await use(1, 1000);
    expect(await health.next(({ state }) => state !== 'ok')).toMatchObject({
      state: 'degraded',
      reasons: [expect.stringContaining('"plant-b"')],
      servers: [{ state: 'up' }, { state: 'down', message: expect.stringContaining('"plant-b"') as string }],
    });
    await plant('plant-a').set({ down: true });
    await use(1, 1000);
    expect((await health.next(({ state }) => state === 'down')).reasons).toHaveLength(2);

    for (const name of ['plant-a', 'plant-b'] as const) await plant(name).set({ down: false });
    const well = health.next(({ state }) => state === 'ok');
    await expect.poll(async () => (await use()).status).toBe('ok');
    expect(await well).toMatchObject({ reasons: [], servers: [{ state: 'up' }, { state: 'up' }] });
  });

  it('distinguishes a refused log-in from a server that is down', async () => {
    await start({}, { files: { 'access.password': 'a-wrong-one' } });
    const health = listen(TOPICS.healthtopic, healthSchema);
    expect(await health.next()).toMatchObject({
      state: 'down',
      servers: [{ state: 'unauthorized', message: expect.stringContaining('log-in') as string }],
    });
  });

  it('is published again as soon as the bus is back, and one last time when the driver is stopped', async () => {
    await start({ healthmsec: 3_600_000 });
    const health = listen(TOPICS.healthtopic, healthSchema);
    const { caller, driverUser, nats } = cluster;
    await nats.reload({ users: [caller] });
    await cluster.driver.line(({ msg }) => msg?.includes('The driver keeps trying.') === true);
    const again = health.next();
    await nats.reload({ users: [caller, driverUser] });
    expect((await again).state).toBe('ok');
    const last = health.next();
    await cluster.driver.stop();
    expect(await last).toMatchObject({ state: 'stopping', reasons: ['The driver is stopping.'] });
    await cluster.connection.flush();
    expect(health.heard.at(-1)?.state).toBe('stopping');
  });
});

describe('metrics', () => {
  it('count requests and calls by result, and only grow', async () => {
    await start({});
    const metrics = listen(TOPICS.metricstopic, metricsSchema);
    await use();
    await cluster.ask({ function: 'snapshot', params: { items: ['rubbish'] } });
    await cluster.ask({ function: 'no-such-function' });
    cluster.connection.publish(REQUEST_TOPIC, '{"function":"version"}');
    const message = await metrics.next(({ unanswerable, requests }) => unanswerable === 1 && requests.length === 4);
    const of = Object.fromEntries(message.requests.map((entry) => [entry.function, entry]));
    expect(of.tagsearch?.results).toEqual({ ok: 1 });
    expect(of.snapshot?.results).toEqual({ badRequest: 1 });
    expect(of['']?.results).toEqual({ unknownFunction: 1 });
    expect(of.tagsearch?.totalMs).toBeGreaterThan(0);
    expect(message.sources).toMatchObject([
      { host: 'plant-a', results: { ok: expect.any(Number) as number }, running: 0, waiting: 0 },
    ]);
    expect(message).toMatchObject({ inFlight: 0, bus: { connections: 1, waiting: 0 } });
    expect(message.bus.bytesOut).toBeGreaterThan(0);
    expect(message.process.memoryBytes.rss).toBeGreaterThan(message.process.memoryBytes.heapUsed);
    expect(Object.keys(message.telemetry)).toEqual(['health', 'metrics', 'stats', 'logs']);

    await use();
    const later = await metrics.next(({ requests }) =>
      requests.some((entry) => entry.function === 'tagsearch' && entry.results.ok === 2),
    );
    expect(later.uptimeMs).toBeGreaterThan(message.uptimeMs);
    expect(later.bus.bytesOut).toBeGreaterThan(message.bus.bytesOut);
    expect(later.process.cpuMs.user).toBeGreaterThanOrEqual(message.process.cpuMs.user);
  });

  it('report what is under way', async () => {
    await start({}, { server: { concurrency: 1 } });
    const metrics = listen(TOPICS.metricstopic, metricsSchema);
    await plant('plant-a').fail({ kind: 'hang', operation: 'search_items' });
    // Different ones, since identical calls would be one.
    const asked = [use(1), use(2), use(3)];
    const [source] = (await metrics.next(({ inFlight }) => inFlight === 3)).sources;
    expect(source?.running).toBe(1);
    expect(source?.waiting).toBeGreaterThanOrEqual(2);
    await plant('plant-a').heal();
    await Promise.all(asked);
    expect((await metrics.next(({ inFlight }) => inFlight === 0)).sources).toMatchObject([{ running: 0, waiting: 0 }]);
  });

  it('are not published when they are switched off; statistics are', async () => {
    await start({ enablemetrics: false });
    const metrics = listen(TOPICS.metricstopic, metricsSchema);
    const stats = listen(TOPICS.statstopic, statsSchema);
    for (let n = 0; n < 5; n++) await stats.next();
    expect([metrics.heard, metrics.wrong]).toEqual([[], []]);
  });
});

describe('statistics', () => {
  it('sum up since the start', async () => {
    await start({});
    const stats = listen(TOPICS.statstopic, statsSchema);
    for (let n = 0; n < 3; n++) await use();
    await cluster.ask({ function: 'discrete' });
    const message = await stats.next(({ functions }) => functions.some((entry) => entry.function === 'discrete'));
    expect(message).toMatchObject({ kind: 'stats', state: 'ok', requests: { error: 1, partial: 0, unanswerable: 0 } });
    expect(message.requests.total).toBe(message.requests.ok + 1);
    expect(message.functions).toContainEqual(expect.objectContaining({ function: 'tagsearch', total: 3, error: 0 }));
    expect(message.sources).toMatchObject([{ host: 'plant-a', error: 0 }]);
    expect(message.sources[0]?.calls).toBeGreaterThanOrEqual(3);
  });
});

describe('the log', () => {
  it('follows the level of "debug", each line as one message', async () => {
    await start({ debug: 3 });
    const log = listen(TOPICS.logstopic, logSchema);
    const line = log.next(({ message }) => message === 'request answered');
    await cluster.ask({ function: 'no-such-function', id: 'my-id' });
    expect(await line).toMatchObject({
      ...{ kind: 'log', level: 'debug', driverid: 'test-driver', reqtopic: REQUEST_TOPIC },
      facts: { id: 'my-id', function: 'no-such-function', status: 'unknownFunction' },
    });
  });

  it('holds errors only at 0: neither warnings nor information, on the topic as on standard output', async () => {
    await start({ debug: 0 });
    const log = listen(TOPICS.logstopic, logSchema);
    const stats = listen(TOPICS.statstopic, statsSchema);
    // A warning, as the test above would show it.
    cluster.connection.publish(REQUEST_TOPIC, '{"function":"version"}');
    await stats.next(({ requests }) => requests.unanswerable === 1);
    await cluster.nats.restart();
    await stats.next();
    await cluster.driver.stop();
    // What an operator sees at every level: that the driver runs, is connected, and ends.
    const always = /^(?:driver started|driver is stopping|driver stopped|Connected to .*)$/;
    expect(log.heard.filter(({ message }) => !always.test(message))).toEqual([]);
    const rest = cluster.driver.log.filter(({ msg }) => !always.test(msg ?? ''));
    expect(new Set(rest.map(({ level }) => level))).toEqual(new Set(['error']));
    // Why there was no bus for a while is an error that an operator sees.
    expect(cluster.driver.output()).toContain('The driver keeps trying.');
  });

  it('continues after the bus was away, without the lines logged meanwhile', async () => {
    await start({ debug: 3 });
    const log = listen(TOPICS.logstopic, logSchema);
    await cluster.nats.restart();
    const answered = log.next(({ message }) => message === 'request answered');
    await expect
      .poll(() => cluster.ask({ function: 'functions' }, { silenceMs: 2000 }).catch(() => undefined), {
        timeout: 30_000,
      })
      .toBeDefined();
    await answered;
    expect(log.heard.some(({ level }) => level === 'error')).toBe(false);
    expect(cluster.driver.output()).toContain('The driver keeps trying.');
  });

  it('does not feed itself when the topic is forbidden', async () => {
    await start({ debug: 3 });
    const { caller, driverKey, nats } = cluster;
    await nats.reload({
      users: [
        { publicKey: caller.publicKey },
        { publicKey: driverKey.publicKey, permissions: { publish: { deny: [TOPICS.logstopic] } } },
      ],
    });
    await cluster.ask({ function: 'functions' });
    await cluster.driver.line(({ subject }) => subject === TOPICS.logstopic);
    const stats = listen(TOPICS.statstopic, statsSchema);
    for (let n = 0; n < 5; n++) await stats.next();
    expect(cluster.driver.log.filter(({ subject }) => subject === TOPICS.logstopic)).toHaveLength(1);
  });
});

it('no topic shows a secret or an item', async () => {
  await start(
    { debug: 3 },
    {
      server: { credentials: { user: 'reader@example.com', password: { env: 'PASSWORD' } } },
      env: { PASSWORD: 'reader-password' },
    },
  );
  const health = listen(TOPICS.healthtopic, healthSchema);
  const metrics = listen(TOPICS.metricstopic, metricsSchema);
  const stats = listen(TOPICS.statstopic, statsSchema);
  const log = listen(TOPICS.logstopic, logSchema);
  const user = { name: 'somebody@example.com' };
  await cluster.ask({ function: 'tagsearch', user, params: { query: 'Sought For' } });
  await plant('plant-a').fail({ kind: 'status', status: 500 });
  await cluster.ask({ function: 'snapshot', user, params: { items: ['seeq:plant-a/signal/Some-Item'] } });
  await Promise.all([health.next(), metrics.next(), stats.next(), stats.next()]);
  await cluster.driver.stop();
  const told = JSON.stringify([health.heard, metrics.heard, stats.heard]);
  for (const text of [user.name, 'Sought For', 'Some-Item', 'reader@example.com']) expect(told).not.toContain(text);
  for (const text of ['reader-password', cluster.driverKey.seed]) {
    expect(told + JSON.stringify(log.heard)).not.toContain(text);
  }
  expect([health, metrics, stats, log].flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(log.heard.length).toBeGreaterThan(0);
});
