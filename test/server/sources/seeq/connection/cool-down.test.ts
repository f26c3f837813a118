/** After a refused log-in the driver waits before it tries again, longer each time, so that no account is locked. */
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../../../src/config/secret.ts';
import { SeeqSession } from '../../../../../src/sources/seeq/connection/session.ts';
import { openTransport } from '../../../../../src/sources/seeq/connection/transport.ts';
import type { Account } from '../../../../../simulators/seeq/http/sessions.ts';
import { rejection, simulator } from '../support.ts';

it('waits longer each time, and not at all after a log-in that was accepted', async () => {
  const account: Account = { kind: 'user', name: 'reader', password: 'old' };
  const accounts = [account];
  const seeq = await simulator({ accounts });
  let nowMs = 0;
  const session = new SeeqSession(
    'plant',
    { kind: 'user', user: new Secret('reader'), password: new Secret('new'), directory: 'Seeq' },
    () => nowMs,
  );
  const transport = openTransport(
    {
      url: seeq.url,
      tls: { insecureSkipVerify: false },
      connections: 2,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 5000,
      userAgent: 'test',
    },
    session,
  );
  onTestFinished(() => transport.close());
  session.use(transport.client);
  const signal = new AbortController().signal;
  const asked = async () => (await seeq.control.requests()).filter(({ operation }) => operation === 'login').length;

  const pauses = [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000];
  for (const [n, pause] of pauses.entries()) {
    expect(await rejection(session.ensure(signal))).toMatchObject({ code: 'unauthorized' });
    expect(await asked()).toBe(n + 1);
    nowMs += pause - 1;
    expect(await rejection(session.ensure(signal))).toMatchObject({ code: 'unauthorized' });
    expect(await asked()).toBe(n + 1);
    nowMs += 1;
  }
  // The operator mends the password at the server.
  accounts.splice(0, 1, { ...account, password: 'new' });
  await session.ensure(signal);
  expect(session.token).toBeTypeOf('string');
});
