/** The log of a driver that runs as its own process: callers neither stop it nor fill it. */
import { beforeAll, afterAll, expect, it } from 'vitest';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { startDriver } from '../support/driver-process.ts';
import { eventually } from '../support/eventually.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ config: { debug: 3 } });
});
afterAll(() => cluster.stop());

it('answers every caller while its log is not read, and reports afterwards what was dropped', async () => {
  const { driver, connection } = cluster;
  driver.readOutput(false);
  // At this level each has a line, of which a pipe holds a few hundred.
  for (let n = 0; n < 400; n++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => cluster.ask({ function: 'version' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['ok']));
  }
  const other = await cluster.connect();
  const answer = await other.request(REQUEST_TOPIC, JSON.stringify({ function: 'version' }), { timeout: 60_000 });
  expect(answer.json()).toMatchObject({ status: 'ok' });
  expect(connection.isClosed()).toBe(false);
  driver.readOutput(true);
  const line = await driver.line(({ msg }) => msg?.includes('log lines were dropped') === true);
  expect(line).toMatchObject({ level: 'warn', dropped: expect.any(Number) as number });
}, 120_000);

it('has a bounded number of lines for requests that name no subject for their answer', async () => {
  const { driver, connection } = cluster;
  for (let n = 0; n < 20_000; n++) {
    connection.publish(REQUEST_TOPIC, JSON.stringify({ id: `flood-${n}`, function: `f${n}`, params: {} }));
  }
  await connection.flush();
  expect((await cluster.ask({ id: 'after', function: 'version' })).status).toBe('ok');
  await driver.line(({ id }) => id === 'after');
  await driver.stop();
  const left = driver.log.find(({ kind }) => kind === 'request without reply subject');
  expect(left).toMatchObject({ leftOut: 19_990 });
  expect(driver.log.filter(({ id }) => String(id).startsWith('flood-'))).toHaveLength(10);
});

it('has the beginning and the end of the driver at every level, and no news of a server whose call the end cuts off', async () => {
  const { control } = cluster.plants['plant-a'] ?? expect.fail('There is no plant.');
  await control.clearRequests();
  await control.fail({ kind: 'hang' });
  const driver = startDriver({
    ...cluster.driverOptions,
    config: { ...cluster.driverOptions.config, debug: 0 },
  });
  await driver.line(({ msg }) => msg?.startsWith('Connected to the NATS server') === true);
  await expect.poll(async () => (await control.requests()).length).toBeGreaterThan(0);
  await driver.stop();
  await control.heal();
  expect(driver.log.map(({ msg }) => msg)).toEqual([
    'driver started',
    expect.stringContaining('Connected to the NATS server'),
    'driver is stopping',
    'driver stopped',
  ]);
});

it('logs how each server is in the words of hosts, at its start and with each change', async () => {
  const plant = cluster.plants['plant-a'] ?? expect.fail('There is no plant.');
  const driver = startDriver({ ...cluster.driverOptions, config: { ...cluster.driverOptions.config, debug: 0 } });
  cluster.driver = driver;
  await cluster.ready();
  const hosts = async () => (await cluster.ask({ function: 'hosts' })).items;
  const since = (): number => driver.log.filter(({ server }) => server === 'plant-a').length;

  await plant.control.set({ down: true });
  // The first answer may be that of a probe that began before.
  const down = await eventually(async () => {
    const [host] = await hosts();
    expect(host).toMatchObject({ state: 'down' });
    return host;
  });
  expect(await driver.line(({ state }) => state === 'down')).toMatchObject({
    level: 'error',
    msg: (down as { message?: string }).message,
    server: 'plant-a',
  });
  for (let n = 0; n < 5; n++) await hosts();
  expect(since()).toBe(1);
  await plant.control.set({ down: false });
  await hosts();
  expect(await driver.line(({ state }) => state === 'up')).toMatchObject({ msg: 'Server "plant-a" is up again.' });
  await driver.stop();
});
