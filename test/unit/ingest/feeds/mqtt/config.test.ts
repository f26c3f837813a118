/** What the configuration of MQTT brokers says to a person who made a mistake. */
import { expect, test } from 'vitest';
import { createAuthority } from '../../../../support/nats/certificates.ts';
import { good, load, refusal, type Raw } from '../../../../support/config.ts';

const authority = await createAuthority();
const { certPem, keyPem } = await authority.issue();
const FILES = { '/etc/driver/ca.pem': authority.caPem, '/etc/driver/cert.pem': certPem, '/etc/driver/key.pem': keyPem };
const surroundings = { files: FILES, env: { MQTT_PASSWORD: 'hidden-password' } };

const broker = (more: Raw = {}): Raw => ({
  name: 'hall',
  url: 'mqtts://broker.example.com',
  clientId: 'driver',
  topics: [{ filter: 'plant/#', payload: 'number' }],
  ...more,
});
const file = (...brokers: Raw[]): Raw => good({}, { ingest: { mqtt: brokers } });

const told = async (...brokers: Raw[]): Promise<string[]> =>
  (await refusal(file(...brokers), surroundings)).problems.map(({ path, message }) => `${path}: ${message}`);

const password = { env: 'MQTT_PASSWORD' };

test('the smallest broker has sound defaults', async () => {
  const { config, warnings } = await load(file(broker()), surroundings);
  expect(config.ingest?.mqtt[0]).toMatchObject({
    version: '5',
    keepAliveSeconds: 30,
    sessionExpirySeconds: 86_400,
    tls: { insecureSkipVerify: false },
    topics: [{ filter: 'plant/#', qos: 1 }],
  });
  expect(warnings).toEqual([]);
});

test('secrets and certificates become sources that print as nothing', async () => {
  const tls = { caFile: 'ca.pem', certFile: 'cert.pem', keyFile: 'key.pem' };
  const { config } = await load(file(broker({ tls, credentials: { user: 'driver', password } })), surroundings);
  const entry = config.ingest?.mqtt[0];
  expect(await entry?.credentials.password?.reveal()).toBe('hidden-password');
  expect(await entry?.tls.keyFile?.reveal()).toBe(keyPem);
  expect(JSON.stringify(entry)).not.toMatch(/hidden-password|PRIVATE KEY/);
});

test.each([
  ['http://broker.example.com', /must begin with mqtt:/],
  ['broker.example.com:1883', /must/],
  ['mqtt://', /must be a whole URL/],
  ['mqtt://user:pass@broker.example.com', /must hold no user or password/],
  ['mqtt://broker.example.com/path', /must have no path/],
  ['mqtts://broker.example.com?x=1', /must have no path and no query/],
  ['wss://broker.example.com/mqtt#x', /must have no fragment/],
])('the address %s', async (url, message) => {
  expect((await told(broker({ url }))).join('\n')).toMatch(message);
});

test('TLS where there is none; half a proof', async () => {
  const plain = { url: 'mqtt://localhost' };
  expect(await told(broker({ ...plain, tls: { caFile: 'ca.pem', serverName: 'other' } }))).toEqual([
    'settings.ingest.mqtt[0].tls.caFile: only goes with mqtts://, but url is mqtt://',
    'settings.ingest.mqtt[0].tls.serverName: only goes with mqtts://, but url is mqtt://',
  ]);
  expect(await told(broker({ tls: { certFile: 'cert.pem' } }))).toEqual([
    'settings.ingest.mqtt[0].tls.keyFile: is missing: the private key of tls.certFile',
  ]);
  expect(await told(broker({ tls: { keyFile: 'key.pem' } }))).toEqual([
    'settings.ingest.mqtt[0].tls.certFile: is missing: the certificate of tls.keyFile',
  ]);
});

test('a password without a user, which MQTT 5 has and 3.1.1 has not', async () => {
  const credentials = { password };
  expect(await told(broker({ version: '3.1.1', credentials }))).toEqual([
    'settings.ingest.mqtt[0].credentials.user: is missing: MQTT 3.1.1 has no password without a user',
  ]);
  await load(file(broker({ credentials })), surroundings);
});

test('two brokers with one name, two sessions with one id', async () => {
  const problems = await told(broker(), broker({ name: 'HALL', url: 'mqtts://other.example.com' }));
  expect(problems).toEqual([
    'settings.ingest.mqtt[1].name: is the same name as settings.ingest.mqtt[0].name (letter case does not count)',
  ]);
  expect((await told(broker(), broker({ name: 'yard' }))).join()).toMatch(
    /mqtt\[1\]\.clientId: is the same as that of/,
  );
  await load(file(broker(), broker({ name: 'yard', clientId: 'driver-2' })), surroundings);
});

test('what is readable for others is a warning', async () => {
  const credentials = { user: 'driver', password };
  const warned = async (more: Raw): Promise<string[]> =>
    (await load(file(broker(more)), surroundings)).warnings.map(({ path, message }) => `${path}: ${message}`);
  expect(await warned({ url: 'mqtt://broker.example.com', credentials })).toEqual([
    'settings.ingest.mqtt[0].url: is mqtt://: the log-in and all data travel unencrypted; use mqtts://',
  ]);
  expect(await warned({ url: 'ws://broker.example.com' })).toEqual([
    'settings.ingest.mqtt[0].url: is ws://: all data travel unencrypted; use wss://',
  ]);
  expect(await warned({ url: 'mqtt://127.0.0.1', credentials })).toEqual([]);
  expect(await warned({ tls: { insecureSkipVerify: true } })).toEqual([
    'settings.ingest.mqtt[0].tls.insecureSkipVerify: is on: anyone on the way to the server can read the password',
  ]);
});

test('filters that cross each other are a warning; one within the other is none', async () => {
  const topics = ['plant/+/room', 'plant/north/+', 'plant/+/room/#', 'hall/+/x', 'hall/#', 'yard/x', '$SYS/+'].map(
    (filter) => ({ filter, payload: 'number' }),
  );
  const { warnings } = await load(file(broker({ topics })), surroundings);
  expect(warnings.map(({ path, message }) => `${path}: ${message.split(':')[0] ?? ''}`)).toEqual([
    'settings.ingest.mqtt[0].topics[1].filter: crosses settings.ingest.mqtt[0].topics[0].filter',
    'settings.ingest.mqtt[0].topics[2].filter: crosses settings.ingest.mqtt[0].topics[1].filter',
  ]);
});
