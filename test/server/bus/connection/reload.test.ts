/** A new key or CA of the bus that is used while the driver works: no request is lost, none is answered twice. */
import { describe, expect, test } from 'vitest';
import type { IncomingRequest } from '../../../../src/contract/answer.ts';
import { createAuthority, createUserKey } from '../../../support/nats/index.ts';
import {
  ask,
  authority,
  busForTest,
  callerForTest,
  callerKey,
  certificate,
  driverKey,
  flushed,
  gate,
  meta,
  requestSubject,
  serveForTest,
  serverForTest,
  until,
} from '../support.ts';

const second = createUserKey();
const stranger = await createAuthority('Stranger');

/** A driver whose seed and authorities can be replaced, on a server that knows two of its keys. */
async function harness(handler: (id: string) => Promise<void> = async () => undefined, permissions?: object) {
  const known = [driverKey, second].map(({ publicKey }) => ({ publicKey, ...(permissions ? { permissions } : {}) }));
  const server = await serverForTest({ users: [callerKey, ...known] });
  const files = { seed: driverKey.seed, ca: authority.caPem };
  const bus = busForTest(server, { seed: () => files.seed, tls: { ca: () => files.ca } });
  const running = { count: 0 };
  const endpoint = serveForTest(bus, async (request: IncomingRequest) => {
    const { id } = JSON.parse(Buffer.from(request.data).toString('utf8')) as { id: string };
    running.count++;
    const answer = request.answer({ id, function: 'version' });
    await answer.item({ id });
    await handler(id);
    await answer.end({ status: 'ok', meta });
  });
  await bus.connected();
  await flushed(bus);
  const caller = await callerForTest(server);
  return { server, files, bus, endpoint, running, caller };
}

describe('a reload', () => {
  test('without a change does nothing', async () => {
    const { bus } = await harness();
    const before = bus.nats;
    expect(await Promise.all([bus.reload(), bus.reload()])).toEqual(['unchanged', 'unchanged']);
    expect(bus.nats).toBe(before);
  });

  test.each([
    ['an unrestricted user', undefined],
    [
      'a user that may only respond',
      {
        publish: { allow: ['nothing.else'] },
        subscribe: { allow: [requestSubject, '$SRV.>'] },
        allowResponses: true,
      },
    ],
  ])('with a new key changes over; a request in work is answered once, for %s', async (_who, permissions) => {
    const go = gate();
    const { bus, endpoint, files, running, caller } = await harness(
      (id) => (id === 'slow' ? go.opened : Promise.resolve()),
      permissions,
    );
    const slow = ask(caller, { id: 'slow' });
    await until(() => running.count === 1);
    const former = bus.nats;
    files.seed = second.seed;
    expect(await bus.reload()).toBe('replaced');
    await until(() => bus.nats !== undefined && bus.nats !== former);
    expect(await ask(caller, { id: 'new' })).toHaveLength(1);
    expect(former?.isClosed()).toBe(false);
    go.open();
    expect((await slow).map(({ message }) => message.status)).toEqual(['ok']);
    await former?.closed();
    expect(await ask(caller, { id: 'later' })).toHaveLength(1);
    expect(bus.state).toBe('connected');
    await until(() => endpoint.sending.inFlightBytes === 0);
  });

  test('with a new CA changes over, when the server has a certificate of it', async () => {
    const { server, bus, files, caller } = await harness();
    const other = await createAuthority('Other');
    const users = [callerKey, driverKey, second];
    await server.reload({ users, certificate: await other.issue() });
    files.ca = other.caPem;
    expect(await bus.reload()).toBe('replaced');
    expect(await ask(caller, { id: 'a' })).toHaveLength(1);
    await server.reload({ users, certificate });
  });

  test.each([
    ['a key that the server does not know', 'seed', createUserKey().seed, /refused the driver's key/],
    ['a key that is none', 'seed', 'SUANOTHING', /private key cannot be used/],
    ['a CA that did not sign the certificate', 'ca', stranger.caPem, /does not trust/],
    ['a CA file that is cut off', 'ca', '-----BEGIN', /no certificate in PEM form/],
  ] as const)('with %s is a warning, and the connection goes on', async (_what, name, text, told) => {
    const { bus, files, caller } = await harness();
    const before = bus.nats;
    files[name] = text;
    expect(await bus.reload()).toBe('failed');
    expect(bus.log.messages('warn').join()).toMatch(told);
    expect(bus.log.messages('warn').join()).toContain('stays in use');
    expect(bus.log.text()).not.toContain(text);
    expect([bus.nats, bus.state, bus.problem]).toEqual([before, 'connected', undefined]);
    expect(await ask(caller, { id: 'a' })).toHaveLength(1);
    files.seed = second.seed;
    files.ca = authority.caPem;
    expect(await bus.reload()).toBe('replaced');
    expect(await ask(caller, { id: 'b' })).toHaveLength(1);
  });

  test('again and again under load: each request has one answer', async () => {
    const { bus, files, caller } = await harness(() => new Promise(setImmediate));
    let reloads = 0;
    const load = { done: false };
    const reloading = (async () => {
      while (!load.done || reloads < 20) {
        files.seed = files.seed === second.seed ? driverKey.seed : second.seed;
        expect(await bus.reload()).toBe('replaced');
        reloads++;
      }
    })();
    for (let round = 0; round < 30; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, (_one, i) => ask(caller, { id: `${round}-${i}` })));
      for (const [i, answer] of answers.entries()) {
        expect(answer.map(({ message }) => [message.id, message.status, message.last])).toEqual([
          [`${round}-${i}`, 'ok', true],
        ]);
      }
    }
    load.done = true;
    await reloading;
    expect(reloads).toBeGreaterThanOrEqual(20);
    expect(bus.state).toBe('connected');
  });

  test('during a closing, and before the first connection, does no harm', async () => {
    const server = await serverForTest({ users: [driverKey] });
    const bus = busForTest(server);
    expect(await bus.reload()).toBe('notConnected');
    await bus.connected();
    const closing = bus.close();
    await bus.reload();
    await closing;
    expect(await bus.reload()).toBe('notConnected');
  });
});
