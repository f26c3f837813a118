/** The driver as a process: wrong keys and certificates, restarts of the bus, replicas, and the way it ends. */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sendRequest } from '../../src/client/request.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { type DriverProcess, type DriverProcessOptions, startDriver } from '../support/driver-process.ts';
import { createAuthority, createUserKey } from '../support/nats/index.ts';

/** Bus and plant are the same for all tests but those that break the bus; each has a driver of its own. */
let cluster: Cluster;
const further: DriverProcess[] = [];
beforeAll(async () => {
  cluster = await startCluster();
});
afterEach(async () => {
  await Promise.all(further.splice(0).map((driver) => driver.stop()));
  await cluster.plants['plant-a']?.control.heal();
  await cluster.nats.reload({ users: [{ publicKey: cluster.caller.publicKey }, cluster.driverUser] });
});
afterAll(() => cluster.stop());

/** Starts the driver of a test in place of the one before. */
async function another(
  changes: (options: DriverProcessOptions) => DriverProcessOptions = (options) => options,
): Promise<DriverProcess> {
  await cluster.driver.stop('SIGKILL');
  cluster.driver = startDriver(changes(cluster.driverOptions));
  return cluster.driver;
}

/** The same, and waits until it answers. */
async function start(changes?: (options: DriverProcessOptions) => DriverProcessOptions): Promise<void> {
  await another(changes);
  await cluster.ready();
}

/** Options with other settings of the driver. */
const withSettings =
  (changes: (settings: Settings) => object, config: object = {}) =>
  (options: DriverProcessOptions): DriverProcessOptions => {
    const given = options.config as { settings: Settings };
    return {
      ...options,
      config: { ...given, ...config, settings: { ...given.settings, ...changes(given.settings) } },
    };
  };
interface Settings {
  readonly servers: readonly object[];
}

function replica(options: DriverProcessOptions): DriverProcess {
  const driver = startDriver(options);
  further.push(driver);
  return driver;
}

const complaint = (driver: DriverProcess, reason: string) => driver.line((line) => line.reason === reason);

describe('the bus refuses', () => {
  it('a key it does not know: the driver reports so, and serves as soon as the key is known', async () => {
    const stranger = createUserKey();
    const driver = await another((options) => ({
      ...options,
      seed: stranger.seed,
      config: { ...options.config, publickey: stranger.publicKey },
    }));
    const line = await complaint(driver, 'authentication');
    expect(line.msg).toContain(stranger.publicKey);
    expect(line.msg).toMatch(/driver keeps trying/);
    const keys = [cluster.caller, cluster.driverKey, stranger].map(({ publicKey }) => ({ publicKey }));
    await cluster.nats.reload({ users: keys });
    await cluster.ready();
  });

  it('nothing, but its certificate is of an unknown authority', async () => {
    const { caPem } = await createAuthority('Another authority');
    const driver = await another((options) => ({ ...options, files: { ...options.files, 'ca.pem': caPem } }));
    expect((await complaint(driver, 'untrusted')).msg).toMatch(/authority/);
  });

  it('TLS: the driver never speaks in the clear', async () => {
    const own = await startCluster();
    onTestFinished(() => own.stop());
    await own.driver.stop('SIGKILL');
    await own.nats.restart({ certificate: undefined });
    const driver = replica({
      ...own.driverOptions,
      config: { ...own.driverOptions.config, natsurl: `${own.nats.host}:${own.nats.port}` },
    });
    expect((await complaint(driver, 'tlsNotOffered')).msg).toMatch(/TLS/);
  });
});

describe('a configuration that cannot work', () => {
  it('ends the process with code 2 and every reason', async () => {
    const driver = await another(({ config, ...options }) => ({
      ...options,
      seed: createUserKey().seed,
      config: { ...config, reqtopic: 'a b', debug: 7 },
    }));
    expect(await driver.exited).toBe(2);
    for (const part of ['publickey', 'reqtopic', 'debug']) expect(driver.output()).toContain(part);
  });
});

describe('a wrong password at a Seeq server', () => {
  it('is reported as such, tried once and not again and again, and never shown', async () => {
    const driver = await another((options) => ({
      ...options,
      files: { ...options.files, 'access.password': 'wrong-but-secret' },
    }));
    await cluster.ready();
    // The driver has asked the server at its start, by its one log-in.
    await driver.line(({ state }) => state === 'unauthorized');
    await cluster.plants['plant-a']?.control.clearRequests();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => cluster.ask({ function: 'tagsearch', params: { limit: 1 } })),
    );
    for (const { error } of answers) expect(error).toMatchObject({ code: 'unauthorized', retryable: false });
    const { items } = await cluster.ask({ function: 'hosts' });
    expect(items).toMatchObject([{ state: 'unauthorized', message: expect.stringContaining('log-in') as string }]);
    const logins = (await cluster.plants['plant-a']?.control.requests())?.filter(({ path }) => path.endsWith('/login'));
    expect(logins?.length).toBeLessThanOrEqual(1);
    expect(driver.output() + JSON.stringify([answers, items])).not.toContain('wrong-but-secret');
  });
});

describe('secrets', () => {
  it('stand in no log, answer or process list', async () => {
    const credentials = { user: 'reader@example.com', password: { env: 'SEEQ_PASSWORD' } };
    const changes = withSettings(({ servers }) => ({ servers: servers.map((one) => ({ ...one, credentials })) }), {
      debug: 3,
    });
    await start((options) => ({ ...changes(options), env: { SEEQ_PASSWORD: 'reader-password' } }));
    const answers = [];
    for (const name of ['version', 'functions', 'hosts', 'tagsearch', 'elementsearch', 'timeframesearch', 'nonsense']) {
      answers.push(await cluster.ask({ function: name }));
    }
    await cluster.plants['plant-a']?.control.fail({ kind: 'status', status: 500 });
    answers.push(await cluster.ask({ function: 'tagsearch' }));
    expect(answers.filter(({ status }) => status === 'ok')).toHaveLength(6);
    const said = cluster.driver.output() + JSON.stringify(answers);
    for (const secret of [cluster.driverKey.seed, 'reader-password']) expect(said).not.toContain(secret);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(`/proc/${cluster.driver.pid}/cmdline`, 'utf8')).not.toContain('reader-password');
  });
});

describe('the bus', () => {
  it('may restart, and requests are served again', async () => {
    await start();
    await cluster.nats.restart();
    await expect
      .poll(() =>
        cluster.ask({ function: 'version' }, { silenceMs: 1000 }).then(
          ({ status }) => status,
          () => 'none',
        ),
      )
      .toBe('ok');
  });

  it('knows the driver as a NATS service with honest statistics', async () => {
    await start();
    await cluster.ask({ function: 'snapshot', params: { items: ['rubbish'] } });
    const nc = await cluster.connect();
    const stats = await nc.request('$SRV.STATS.iota-seeqdrv', '', { timeout: 10_000 });
    const [endpoint] = stats.json<{
      endpoints: { num_requests: number; num_errors: number; processing_time: number; data: unknown }[];
    }>().endpoints;
    expect(endpoint?.num_errors).toBe(1);
    expect(endpoint?.num_requests).toBeGreaterThanOrEqual(2);
    expect(endpoint?.processing_time).toBeGreaterThan(0);
    expect(endpoint?.data).toMatchObject({ functions: { snapshot: { results: { badRequest: 1 } } } });
  });
});

describe('replicas', () => {
  it('share the load, and each answers any request', async () => {
    await start();
    replica(cluster.driverOptions);
    const instances = new Set<string>();
    await expect
      .poll(async () => {
        const { items } = await cluster.ask({ function: 'version' });
        for (const { instance } of items as { instance: string }[]) instances.add(instance);
        return instances.size;
      })
      .toBe(2);
    await cluster.driver.stop('SIGKILL');
    await expect
      .poll(() =>
        cluster.ask({ function: 'hosts' }, { silenceMs: 2000 }).then(
          ({ status }) => status,
          () => 'none',
        ),
      )
      .toBe('ok');
  });
});

describe('signalled to stop', () => {
  const slow = { function: 'hosts', timeoutMs: 60_000 };

  it('it answers what is in flight, takes nothing new, and ends with code 0', async () => {
    await start();
    const control = cluster.plants['plant-a']?.control;
    await control?.clearRequests();
    await control?.fail({ kind: 'hang', operation: 'search_items', times: 1 });
    const inFlight = cluster.ask({ function: 'tagsearch', timeoutMs: 60_000 });
    await expect.poll(async () => (await control?.requests())?.some(({ path }) => path.endsWith('/items'))).toBe(true);
    const stopped = cluster.driver.stop();
    await cluster.driver.line(({ msg }) => msg === 'driver is stopping');
    await expect
      .poll(() => sendRequest(cluster.connection, REQUEST_TOPIC, slow).catch((error: unknown) => (error as Error).name))
      .toBe('NoResponse');
    await control?.heal();
    expect((await inFlight).function).toBe('tagsearch');
    expect(await stopped).toBe(0);
  });

  it('it asks callers to send the request again when their answer takes too long', async () => {
    await start(withSettings(() => ({ limits: { drainTimeoutMs: 100 } })));
    const control = cluster.plants['plant-a']?.control;
    await control?.fail({ kind: 'hang', operation: 'search_items' });
    await control?.clearRequests();
    const inFlight = cluster.ask({ function: 'tagsearch', timeoutMs: 60_000 });
    await expect.poll(async () => (await control?.requests())?.some(({ path }) => path.endsWith('/items'))).toBe(true);
    expect(await cluster.driver.stop()).toBe(0);
    expect(await inFlight).toMatchObject({ status: 'error', error: { code: 'sourceUnavailable', retryable: true } });
  });

  it('it ends although the bus is stopped in the same moment', async () => {
    // Far longer than this test may take: waiting for it would be the failure.
    const own = await startCluster({ settings: { limits: { drainTimeoutMs: 600_000 } } });
    onTestFinished(() => own.stop());
    own.nats.freeze();
    const stopped = own.driver.stop();
    await own.driver.line(({ msg }) => msg === 'driver is stopping');
    await own.nats.halt('SIGKILL');
    expect(await stopped).toBe(0);
  });
});
