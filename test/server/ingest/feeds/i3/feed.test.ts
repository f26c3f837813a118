import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { passwordProblem } from '../../../../../simulators/i3/password.ts';
import { createDeviceKey } from '../../../../../simulators/i3/example.ts';
import { eventually } from '../../../../support/eventually.ts';
import {
  asBuyer,
  asKeyDevice,
  brokerForTest,
  buyer,
  ingestForTest,
  key,
  keyProbe,
  ph,
  probe,
  storedIn,
  temperature,
} from './harness.ts';

const expOf = (token: string): number =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp;

describe('a buyer', () => {
  it('brings bought products onto the bus, with its account as user and as client id', async () => {
    const broker = await brokerForTest();
    await broker.purchase('bob', temperature);
    const harness = await ingestForTest({ i3: [asBuyer(broker)] });
    await harness.becomes('up');
    expect(broker.proxy.open).toMatchObject([{ username: 'bob', clientId: 'bob', protocolVersion: 4 }]);
    await broker.publishAs(probe.username, temperature, '18.25');
    await eventually(async () => {
      expect(await harness.readings()).toMatchObject([
        {
          fqn: 'i3:market/signal/ann%2Fpond%2Ftemperature',
          source: 'i3:market',
          value: 18.25,
          status: 'Good',
        },
      ]);
    });
    expect((await storedIn(harness.manager, 'iota.'))[0]?.subject).toBe('iota.readings.i3.market.ann.pond.temperature');
    expect(harness.ingest.metrics()).toMatchObject([
      { kind: 'i3', name: 'market', received: 1, readings: 1, atMostOnce: 0 },
    ]);
  });

  it('is reported with what silence may mean, for each product, until a message arrives', async () => {
    const broker = await brokerForTest();
    await broker.purchase('bob', temperature);
    await broker.purchase('bob', ph);
    const products = [temperature, ph].map((topic) => ({ topic, payload: 'number', silentAfterMs: 1000 }));
    const harness = await ingestForTest({ i3: [asBuyer(broker, { products })] });
    const publishing = setInterval(() => void broker.publishAs(probe.username, temperature, '1'), 100);
    try {
      await eventually(() => {
        const { state, message } = harness.health();
        expect(state).toBe('silent');
        expect(message).toContain(`No message has arrived on "${ph}" for more than 1 s.`);
        expect(message).not.toContain(temperature);
        expect(message).toMatch(/bought.*approved.*revoked.*used up.*5 minutes/);
      });
      expect(broker.proxy.open).toHaveLength(1);

      await broker.approve('bob', ph);
      const selling = setInterval(() => void broker.publishAs(probe.username, ph, '7'), 100);
      try {
        await harness.becomes('up');
      } finally {
        clearInterval(selling);
      }
    } finally {
      clearInterval(publishing);
    }
  });

  it('goes silent when the quantity is used up, while the connection stays', async () => {
    const broker = await brokerForTest();
    await broker.purchase('bob', temperature, 2);
    const harness = await ingestForTest({
      i3: [asBuyer(broker, { products: [{ topic: temperature, payload: 'number', silentAfterMs: 1000 }] })],
    });
    await eventually(() => {
      expect(['up', 'silent']).toContain(harness.health().state);
    });
    for (const text of ['1', '2']) await broker.publishAs(probe.username, temperature, text);
    await eventually(() => {
      expect(broker.quantity('bob', temperature)).toBeUndefined();
    });
    await broker.settle();
    await broker.publishAs(probe.username, temperature, '3');
    const { message } = await harness.becomes('silent');
    expect(message).toContain('its quantity is not used up');
    expect((await harness.readings()).map(({ value }) => value)).toEqual([1, 2]);
    expect(broker.proxy.attempts).toHaveLength(1);
  });

  it('is reported as a client id that is not the account', async () => {
    const broker = await brokerForTest();
    const harness = await ingestForTest({
      i3: [
        asBuyer(broker, {
          clientId: 'gateway',
          products: [{ topic: temperature, payload: 'number', silentAfterMs: 1000 }],
        }),
      ],
    });
    const { message } = await harness.becomes('silent');
    expect(message).toContain('The client id is "gateway" and not the name of the account');
  });

  it('learns of a refused log-in as such, and uses a password that was corrected meanwhile', async () => {
    const broker = await brokerForTest();
    const harness = await ingestForTest({ i3: [asBuyer(broker)] }, { secrets: { BUYER: 'not-the-password' } });
    const { message } = await harness.becomes('refused');
    expect(message).toContain('refused the log-in');
    harness.secrets.BUYER = buyer.password;
    await harness.becomes('up');
    const said = JSON.stringify([harness.log.text(), harness.ingest.health(), harness.ingest.metrics()]);
    for (const secret of ['not-the-password', buyer.password]) expect(said).not.toContain(secret);
  });
});

describe('a device with a key', () => {
  it('logs in with a token of the moment, and again after its life', async () => {
    const broker = await brokerForTest();
    const credentials = { privateKey: { env: 'KEY' }, lifetimeSeconds: 5 };
    const harness = await ingestForTest({ i3: [asKeyDevice(broker, { credentials })] });
    await harness.becomes('up');
    const [first] = broker.proxy.attempts;
    expect(first).toMatchObject({ username: keyProbe, clientId: keyProbe, outcome: 'accepted' });
    const token = first?.password ?? '';
    expect(Object.keys(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object)).toEqual([
      'iss',
      'iat',
      'exp',
    ]);
    // The broker looks at a token only when somebody connects. Its shortest life is as long as a test waits elsewhere.
    while (Date.now() / 1000 <= expOf(token) + 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(harness.health().state).toBe('up');
    expect(passwordProblem(key.publicBody, token, Math.floor(Date.now() / 1000))).toBe('it has expired');
    broker.proxy.cut();
    await eventually(() => {
      expect(broker.proxy.attempts).toHaveLength(2);
    });
    expect(broker.proxy.attempts[1]).toMatchObject({ outcome: 'accepted' });
    expect(broker.proxy.attempts[1]?.password).not.toBe(token);
    await harness.becomes('up');
    await broker.publishAs(probe.username, temperature, '5');
    await eventually(async () => {
      expect((await harness.readings()).map(({ value }) => value)).toEqual([5]);
    });
    const said = JSON.stringify([harness.log.text(), harness.ingest.health(), harness.ingest.metrics()]);
    for (const { password = '' } of broker.proxy.attempts) expect(said).not.toContain(password);
  });

  it('learns of a wrong key as a refused log-in, of a network that is away as of that', async () => {
    const broker = await brokerForTest();
    const harness = await ingestForTest(
      { i3: [asKeyDevice(broker)] },
      { secrets: { KEY: createDeviceKey().privatePem } },
    );
    const { message } = await harness.becomes('refused');
    expect(message).toContain('refused the log-in');
    expect(broker.refusals[0]).toContain('its signature does not belong to the key');
    harness.secrets.KEY = key.privatePem;
    await harness.becomes('up');
    await broker.proxy.refuse();
    broker.proxy.cut();
    expect((await harness.becomes('down')).message).not.toContain('log-in');
    await broker.proxy.accept();
    await harness.becomes('up');
  });

  test.each([
    [
      'of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'is of type ec',
    ],
    ['that is the public one', key.publicBody, 'holds a public key'],
  ])('sends nothing with a key that was replaced by one %s', async (_name, text, why) => {
    const broker = await brokerForTest();
    const harness = await ingestForTest({ i3: [asKeyDevice(broker)] }, { replaced: { KEY: text } });
    expect((await harness.becomes('refused')).message).toContain(why);
    expect(broker.proxy.taken).toBe(0);
  });

  test.each([
    ['as PEM', key.privatePem],
    ['as its body', key.privatePem.replace(/-----[^-]+-----|\s/g, '')],
  ])('never sends its private key as a password, %s', async (_name, text) => {
    const broker = await brokerForTest();
    const account = { user: keyProbe, credentials: { password: { env: 'PROBE' } } };
    const harness = await ingestForTest({ i3: [asBuyer(broker, account)] }, { replaced: { PROBE: text } });
    const { message } = await harness.becomes('refused');
    expect(message).toContain('credentials.privateKey');
    expect(broker.proxy.taken).toBe(0);
    const said = JSON.stringify([harness.log.text(), harness.ingest.health(), harness.ingest.metrics()]);
    expect(said).not.toContain(key.privatePem.split('\n')[3] ?? '-');
  });
});
