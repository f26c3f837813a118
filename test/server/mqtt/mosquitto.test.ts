/** The launcher of the broker that the other tests stand on: every kind of listener, and what breaks it. */
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createAuthority } from '../../support/nats/index.ts';
import {
  connectPlain,
  startMosquitto,
  type Mosquitto,
  type MosquittoOptions,
} from '../../../simulators/support/mosquitto/index.ts';

const brokers: Mosquitto[] = [];
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});
async function start(options?: MosquittoOptions): Promise<Mosquitto> {
  const broker = await startMosquitto(options);
  brokers.push(broker);
  return broker;
}

test('every kind of listener takes messages', async () => {
  const authority = await createAuthority();
  const certificate = await authority.issue();
  const client = await authority.issue(['driver'], { client: true });
  const broker = await start({
    listeners: {
      tcp: {},
      tls: { certificate },
      mutual: { certificate, clientAuthority: authority.caPem },
      ws: { protocol: 'websockets' },
      wss: { protocol: 'websockets', certificate },
    },
  });
  const listener = await connectPlain(broker.url());
  await listener.subscribe('#');
  const ca = authority.caPem;
  for (const name of ['tcp', 'tls', 'mutual', 'ws', 'wss']) {
    const own = name === 'mutual' ? { cert: client.certPem, key: client.keyPem } : {};
    const sender = await connectPlain(broker.url(name), { ca, ...own });
    await sender.publish(`by/${name}`, name);
    await sender.end();
  }
  await eventually(() => {
    expect(listener.heard.map(({ topic }) => topic)).toEqual(['by/tcp', 'by/tls', 'by/mutual', 'by/ws', 'by/wss']);
  });
  await expect(connectPlain(broker.url('mutual'), { ca })).rejects.toThrow();
  await listener.end();
});

test('passwords and rights hold, and can be changed while it runs', async () => {
  const broker = await start({ users: { anna: 'one' }, acl: 'user anna\ntopic readwrite a/#' });
  const login = { username: 'anna', password: 'one' };
  const anna = await connectPlain(broker.url(), login);
  await anna.subscribe('#');
  await anna.publish('b/x', 'denied');
  await anna.publish('a/x', 'allowed');
  await eventually(() => {
    expect(anna.heard.map(({ text }) => text)).toEqual(['allowed']);
  });
  await expect(connectPlain(broker.url())).rejects.toMatchObject({ code: 5 });
  await expect(connectPlain(broker.url(), { ...login, password: 'two' })).rejects.toMatchObject({ code: 5 });
  await broker.reload({ users: { anna: 'two' }, acl: 'user anna\ntopic readwrite b/#' });
  const again = await connectPlain(broker.url(), { ...login, password: 'two' });
  await again.subscribe('#');
  await again.publish('a/x', 'denied');
  await again.publish('b/x', 'allowed now');
  await eventually(() => {
    expect(again.heard.map(({ text }) => text)).toEqual(['allowed now']);
  });
  await again.end();
});

test('changes right after each other are all taken', async () => {
  const broker = await start();
  // So many that reading them takes a while.
  const others = Array.from({ length: 5000 }, (_, i) => `user somebody${i}\ntopic readwrite a/${i}\n`).join('');
  for (const allowed of ['a', 'b', 'c', 'd', 'e']) {
    await broker.reload({ acl: `user anna\ntopic readwrite ${allowed}/#\n${others}` });
  }
  const anna = await connectPlain(broker.url(), { username: 'anna' });
  await anna.subscribe('#');
  await anna.publish('d/x', 'denied');
  await anna.publish('e/x', 'allowed');
  await eventually(() => {
    expect(anna.heard.map(({ text }) => text)).toEqual(['allowed']);
  });
  await anna.end();
});

test('a session survives a restart on the same port', async () => {
  const broker = await start();
  const url = broker.url();
  const session = { clean: false, clientId: 'fixed' };
  const before = await connectPlain(url, session);
  await before.subscribe('kept/#');
  await before.end();
  const sender = await connectPlain(url);
  await sender.publish('kept/x', 'for later');
  await sender.end();
  await broker.restart();
  expect(broker.url()).toBe(url);
  const after = await connectPlain(url, session);
  await eventually(() => {
    expect(after.heard.map(({ text }) => text)).toEqual(['for later']);
  });
  await after.end();
});

test('frozen, it answers nothing until it is thawed', async () => {
  const broker = await start();
  const client = await connectPlain(broker.url());
  broker.freeze();
  const sent = client.publish('x', 'late');
  await expect(connectPlain(broker.url(), { connectTimeout: 100 })).rejects.toThrow();
  broker.thaw();
  await sent;
  await client.end();
});
