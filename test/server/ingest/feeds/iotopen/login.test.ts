import { describe, expect, it } from 'vitest';
import { EXAMPLE_ACCOUNTS } from '../../../../../simulators/iotopen/simulator.ts';
import { PUMPS, SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import { createAuthority } from '../../../../support/nats/index.ts';
import { feedForTest, readingsOf, simulatorForTest } from './support.ts';

const env = {
  PASSWORD: 'pass:wörd',
  BO_PASSWORD: 'bo-password',
  CLIENT_SECRET: 's3cr+t %',
  REFRESH_TOKEN: 'first-refresh-token',
  WRONG: 'wrong-secret-4711',
};
const WAYS: [way: string, credentials: object, clientId: number][] = [
  ['an API key', { apiKey: { env: 'IOTOPEN_KEY' } }, SCHOOL],
  ['a token', { token: { env: 'IOTOPEN_KEY' } }, PUMPS],
  ['user and password', { user: 'åsa@example.com', password: { env: 'PASSWORD' } }, SCHOOL],
  [
    'OAuth 2',
    { clientId: 'driver/1', clientSecret: { env: 'CLIENT_SECRET' }, refreshToken: { env: 'REFRESH_TOKEN' } },
    PUMPS,
  ],
];
const topicOf = (clientId: number): string =>
  clientId === SCHOOL ? 'obj/lora/647fda000000a1b2/co2' : 'obj/plc/station 1/flow net';

describe('values come in', () => {
  it.each(WAYS)('with %s', async (_way, credentials, clientId) => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { credentials }, { env });
    await harness.becomes('up');
    await simulator.publish(clientId, topicOf(clientId), { value: 7 });
    await readingsOf(harness, 1);
  });

  it.each(['by WebSocket below REST', 'by mqtts'])('over TLS, %s', async (way) => {
    const authority = await createAuthority();
    const simulator = await simulatorForTest({ certificate: await authority.issue() });
    const url = way === 'by mqtts' ? { url: simulator.mqttUrl } : {};
    const harness = await feedForTest(
      simulator,
      { tls: { caFile: 'ca.pem' }, mqtt: { clientId: 'driver', ...url } },
      { files: { 'ca.pem': authority.caPem } },
    );
    await harness.becomes('up');
    await simulator.publish(SCHOOL, topicOf(SCHOOL), { value: 7 });
    await readingsOf(harness, 1);
    expect(way === 'by mqtts' ? simulator.proxy.open : simulator.webSocketProxy.open).toHaveLength(1);
  });
});

describe('an access token of OAuth', () => {
  it('that has ended is replaced for the next connection and the next call', async () => {
    const accounts = EXAMPLE_ACCOUNTS.map((account) =>
      account.oauth ? { ...account, oauth: { ...account.oauth, lifeSeconds: 1 } } : account,
    );
    const simulator = await simulatorForTest({ accounts });
    const [, , , [, credentials] = ['', {}]] = WAYS;
    const harness = await feedForTest(simulator, { credentials }, { env });
    await harness.becomes('up');
    const first = simulator.webSocketProxy.attempts.at(-1);
    expect(first?.username).toBe('bearer');
    // Until the broker does not take it any more.
    await expect.poll(() => simulator.accounts.ofMqtt('bearer', first?.password)).toBeUndefined();
    simulator.webSocketProxy.cut();
    await expect.poll(() => simulator.webSocketProxy.attempts.length).toBe(2);
    await expect.poll(() => harness.metrics().connections).toBe(2);
    expect(simulator.webSocketProxy.attempts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    expect(simulator.webSocketProxy.attempts[1]?.password).not.toBe(first?.password);
    await simulator.publish(PUMPS, topicOf(PUMPS), { value: 7 });
    await readingsOf(harness, 1);
  });
});

describe('a refused log-in', () => {
  it.each([
    ['a wrong API key', { apiKey: { env: 'WRONG' } }, /API key/],
    ['a wrong password', { user: 'åsa@example.com', password: { env: 'WRONG' } }, /did not accept/],
    [
      'a wrong refresh token',
      { clientId: 'driver/1', clientSecret: { env: 'CLIENT_SECRET' }, refreshToken: { env: 'WRONG' } },
      /invalid_grant/,
    ],
    [
      'a second factor',
      { user: 'bo@example.com', password: { env: 'BO_PASSWORD' } },
      /second factor.*iota-seeqdrv iotopen-login --connection plant/,
    ],
  ])('for %s is no failure of the network, and shows no secret', async (_why, credentials, text) => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { credentials }, { env });
    expect((await harness.becomes('refused')).message).toMatch(text);
    const told = JSON.stringify([harness.log.lines, harness.health(), harness.metrics()], (_key, value: unknown) =>
      value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
    );
    for (const secret of Object.values(env)) expect(told).not.toContain(secret);
  });

  it('at the broker alone is reported as such, and ends with a good key', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { mqtt: { clientId: 'driver', version: '3.1.1' } }, { env });
    await harness.becomes('up');
    simulator.accounts.revoke('key-of-the-driver');
    simulator.webSocketProxy.cut();
    const { message } = await harness.becomes('refused');
    expect(message).toMatch(/not authorized|refused the log-in|does not accept the API key/i);
    expect(message).not.toContain('key-of-the-driver');
    simulator.accounts.addKey('integration', 'another-key');
    harness.env.IOTOPEN_KEY = 'another-key';
    await harness.becomes('up');
  });

  it('is not what a platform that is away looks like', async () => {
    const simulator = await simulatorForTest();
    const [, , , [, credentials] = ['', {}]] = WAYS;
    const harness = await feedForTest(simulator, { credentials }, { env });
    await harness.becomes('up');
    simulator.accounts.revokeIssued();
    simulator.behaviour.fault = 'down';
    const outage = await simulator.mqttOutage();
    expect((await harness.becomes('down')).message).toBeDefined();
    await outage.end();
    simulator.behaviour.fault = 'none';
    await harness.becomes('up');
  });
});
