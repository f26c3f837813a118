/** SIGHUP to the driver as a process: secrets, certificates and the key are read again, and nothing ends. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { createUserKey } from '../support/nats/index.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

/** As a careful operator replaces a file. */
function replace(name: string, text: string): void {
  const { folder } = cluster.driver;
  writeFileSync(join(folder, `${name}.new`), text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}
const hangUp = (): void => {
  process.kill(cluster.driver.pid, 'SIGHUP');
};

describe('SIGHUP', () => {
  it('to a driver that has just been started, and a hundred times under load, loses nothing', async () => {
    cluster = await startCluster({ config: { debug: 2 } });
    const asked = Array.from({ length: 100 }, async () => {
      hangUp();
      return (await cluster.client.version()).status;
    });
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['ok']));
    await cluster.driver.line(({ msg }) => msg?.includes('read again') === true);
    expect(cluster.driver.log.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await cluster.driver.stop()).toBe(0);
  });

  it('with a key that does not fit reports so and continues; with the right one it changes over', async () => {
    cluster = await startCluster({ config: { debug: 2 } });
    const second = createUserKey();
    replace('privatekey.nk', second.seed);
    hangUp();
    const line = await cluster.driver.line(({ level }) => level === 'warn');
    expect(line.msg).toMatch(/continues as before.*does not match publickey/s);
    expect(cluster.driver.output()).not.toContain(second.seed);
    expect((await cluster.client.version()).status).toBe('ok');
    // Now all of it: the server, the public key and the private one.
    const users = [cluster.caller, cluster.driverKey, second].map(({ publicKey }) => ({ publicKey }));
    await cluster.nats.reload({ users });
    const { config } = cluster.driverOptions;
    replace('iota.seeqdrv.json', JSON.stringify({ ...config, publickey: second.publicKey }));
    hangUp();
    await cluster.driver.line(({ bus }) => bus === 'replaced');
    // With the former key it could not come back.
    await cluster.nats.reload({ users: [cluster.caller, second].map(({ publicKey }) => ({ publicKey })) });
    await cluster.ready();
    expect((await cluster.client.version()).status).toBe('ok');
    expect(await cluster.driver.stop()).toBe(0);
  });
});
