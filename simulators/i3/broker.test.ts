import type { IClientOptions } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { connectPlain, type PlainClient } from '../support/mosquitto/index.ts';
import { startI3Broker, type I3Broker, type I3BrokerOptions } from './broker.ts';
import { createDeviceKey, EXAMPLE, exampleMarketplace } from './example.ts';
import { handmadeToken } from './handmade-token.ts';

const { temperature, ph, probe, keyProbe, buyer } = EXAMPLE;
const key = createDeviceKey();

async function brokerForTest(options: I3BrokerOptions = {}): Promise<I3Broker> {
  const broker = await startI3Broker({ ...exampleMarketplace(key), ...options });
  onTestFinished(() => broker.stop());
  return broker;
}

/** A client of 3.1.1 whose client id is its user name, as the marketplace's metering wants it. */
async function clientForTest(broker: I3Broker, options: IClientOptions & { username: string }): Promise<PlainClient> {
  const client = await connectPlain(broker.url, { protocolVersion: 4, clientId: options.username, ...options });
  onTestFinished(() => client.end());
  return client;
}

const asBuyer = (broker: I3Broker) => clientForTest(broker, buyer);
const texts = ({ heard }: PlainClient) => heard.map(({ text }) => text);

/** Resolves when everything that the broker sent before has arrived: the buyer may always write to nobody and hear it. */
async function afterAll(client: PlainClient): Promise<void> {
  await client.raw.publishAsync('somewhere', 'x', { qos: 1 });
}

describe('log-in', () => {
  const refused = (broker: I3Broker, options: IClientOptions) =>
    connectPlain(broker.url, { protocolVersion: 4, ...options }).then(
      async (client) => {
        await client.end();
        return 0;
      },
      (error: unknown) => (error as { code: unknown }).code,
    );

  it('takes devices and buyers by password, and devices by token', async () => {
    const broker = await brokerForTest();
    const now = Math.floor(Date.now() / 1000);
    const password = handmadeToken(key.privatePem, { iss: 'ann', iat: now, exp: now + 60 });
    for (const login of [probe, buyer, { username: keyProbe, password }]) await clientForTest(broker, login);
    expect(broker.proxy.attempts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('refuses wrong passwords, tokens of another key, unknown users and the nameless, with the code of a login', async () => {
    const broker = await brokerForTest();
    const now = Math.floor(Date.now() / 1000);
    const password = handmadeToken(createDeviceKey().privatePem, { iss: 'ann', iat: now, exp: now + 60 });
    expect(await refused(broker, { ...probe, password: 'wrong' })).toBe(4);
    expect(await refused(broker, { username: keyProbe, password })).toBe(4);
    expect(await refused(broker, { username: keyProbe, password: key.privatePem })).toBe(4);
    expect(await refused(broker, { username: 'carl', password: 'wrong' })).toBe(4);
    expect(await refused(broker, { username: probe.username, password: '' })).toBe(4);
    expect(await refused(broker, {})).toBe(5);
    expect(broker.refusals).toHaveLength(6);
  });

  it('knows no MQTT 5', async () => {
    const broker = await brokerForTest();
    await expect(connectPlain(broker.url, { ...probe, protocolVersion: 5 })).rejects.toThrow();
    expect(broker.proxy.attempts[0]?.outcome).toBe('unsupportedVersion');
  });
});

describe('rights', () => {
  it('lets every device of a hub write to and read all of its products, and none of another hub', async () => {
    const broker = await brokerForTest({
      products: { [temperature]: {}, 'ann/pond2/temperature': {}, 'ann/pond/with space': {} },
    });
    const device = await clientForTest(broker, probe);
    for (const topic of [temperature, 'ann/pond2/temperature', 'ann/pond/with space']) {
      await device.subscribe(topic);
      await device.publish(topic, topic);
    }
    await eventually(() => {
      expect(texts(device)).toEqual([temperature, 'ann/pond/with space']);
    });
  });

  it('grants every subscription, and delivers to buyers what they bought: subscribed but silent', async () => {
    const broker = await brokerForTest();
    const client = await asBuyer(broker);
    const grants = await client.raw.subscribeAsync({ [temperature]: { qos: 1 }, [ph]: { qos: 1 } });
    expect(grants.map(({ qos }) => qos)).toEqual([1, 1]);

    await broker.publishAs(probe.username, temperature, 'before the purchase');
    await broker.purchase('bob', temperature);
    await broker.purchase('bob', ph);
    await broker.publishAs(probe.username, ph, 'before the approval');
    await broker.publishAs(probe.username, temperature, 'bought');
    await eventually(() => {
      expect(texts(client)).toEqual(['bought']);
    });

    await broker.approve('bob', ph);
    await broker.publishAs(probe.username, ph, 'approved');
    await broker.revoke('bob', temperature);
    await broker.publishAs(probe.username, temperature, 'revoked');
    await broker.publishAs(probe.username, ph, 'last');
    await eventually(() => {
      expect(texts(client)).toEqual(['bought', 'approved', 'last']);
    });
    expect(client.raw.connected).toBe(true);
  });

  it('acknowledges what it drops: a buyer who publishes learns nothing', async () => {
    const broker = await brokerForTest();
    await broker.purchase('bob', temperature);
    const client = await asBuyer(broker);
    const device = await clientForTest(broker, probe);
    await device.subscribe(temperature);
    await client.publish(temperature, 'not allowed', { qos: 1 });
    await device.publish(temperature, 'allowed');
    await eventually(() => {
      expect(texts(device)).toEqual(['allowed']);
    });
  });

  it('lets buyers write to actuators', async () => {
    const broker = await brokerForTest({ products: { 'ann/pond/pump': { type: 'actuator' } } });
    await broker.purchase('bob', 'ann/pond/pump');
    const device = await clientForTest(broker, probe);
    await device.subscribe('ann/pond/pump');
    await (await asBuyer(broker)).publish('ann/pond/pump', 'on');
    await eventually(() => {
      expect(texts(device)).toEqual(['on']);
    });
  });

  it('denies everything to client ids with + # or /, without a word', async () => {
    const broker = await brokerForTest();
    const device = await clientForTest(broker, { ...probe, clientId: 'ann/pond' });
    const watch = await broker.listenAs(probe.username, temperature);
    onTestFinished(() => watch.end());
    await device.subscribe(temperature);
    await device.publish(temperature, 'denied');
    await broker.publishAs(probe.username, temperature, 'allowed');
    await eventually(() => {
      expect(texts(watch)).toEqual(['allowed']);
    });
    expect(device.heard).toEqual([]);
  });

  it('feels a change only after the cache time', async () => {
    const broker = await brokerForTest({ cacheMs: 3_600_000 });
    const client = await asBuyer(broker);
    await client.subscribe(temperature);
    await broker.purchase('bob', temperature);
    await broker.publishAs(probe.username, temperature, 'early');
    await broker.settle();
    await broker.publishAs(probe.username, temperature, 'later');
    await eventually(() => {
      expect(texts(client)).toEqual(['later']);
    });
  });
});

describe('metering', () => {
  it('ends the stream without a word when the quantity is used up', async () => {
    const broker = await brokerForTest();
    const client = await asBuyer(broker);
    await client.subscribe(temperature);
    await broker.purchase('bob', temperature, 2);
    for (const text of ['1', '2']) await broker.publishAs(probe.username, temperature, text);
    await eventually(() => {
      expect(broker.quantity('bob', temperature)).toBeUndefined();
    });
    await broker.settle();
    await broker.publishAs(probe.username, temperature, '3');
    await afterAll(client);
    expect(texts(client)).toEqual(['1', '2']);
    expect(client.raw.connected).toBe(true);
  });

  it('counts by client id and overlooks one that is no name of a buyer', async () => {
    const broker = await brokerForTest();
    const client = await clientForTest(broker, { ...buyer, clientId: 'some-gateway' });
    await client.subscribe(temperature);
    await broker.purchase('bob', temperature, 1);
    for (const text of ['1', '2']) await broker.publishAs(probe.username, temperature, text);
    await eventually(() => {
      expect(texts(client)).toEqual(['1', '2']);
    });
    expect(broker.quantity('bob', temperature)).toBe(1);
  });

  it('takes the first delivery after a reconnect for the last one, where it forgets', async () => {
    const broker = await brokerForTest({ meterForgets: true });
    await broker.purchase('bob', temperature, 100);
    const first = await asBuyer(broker);
    await first.end();
    await eventually(() => {
      expect(broker.quantity('bob', temperature)).toBe(1);
    });
  });
});

it('throws out the first of two connections with the same client id', async () => {
  const broker = await brokerForTest();
  const first = await asBuyer(broker);
  const closed = new Promise<void>((resolve) => {
    first.raw.once('close', resolve);
  });
  await asBuyer(broker);
  await closed;
  await eventually(() => {
    expect(broker.proxy.open).toHaveLength(1);
  });
});
