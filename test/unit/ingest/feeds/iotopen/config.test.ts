/** What the configuration of IoT Open platforms says to a person who made a mistake. */
import { expect, test } from 'vitest';
import { brokerUrlOf } from '../../../../../src/ingest/feeds/iotopen/connection.ts';
import { good, load, refusal, type Raw } from '../../../../support/config.ts';

const surroundings = { env: { KEY: 'hidden-key', PASSWORD: 'hidden-password' } };
const key = { env: 'KEY' };
const password = { env: 'PASSWORD' };

const entry = (more: Raw = {}): Raw => ({
  name: 'plant',
  url: 'https://lynx.example.com',
  credentials: { apiKey: key },
  mqtt: { clientId: 'driver' },
  ...more,
});
const file = (...entries: Raw[]): Raw => good({}, { ingest: { iotopen: entries } });
const told = async (...entries: Raw[]): Promise<string[]> =>
  (await refusal(file(...entries), surroundings)).problems.map(({ path, message }) => `${path}: ${message}`);

test('the smallest entry has sound defaults', async () => {
  const { config, warnings } = await load(file(entry()), surroundings);
  const [platform] = config.ingest?.iotopen ?? [];
  expect(platform).toMatchObject({
    mqtt: { version: '5', keepAliveSeconds: 30, sessionExpirySeconds: 86_400 },
    snapshot: true,
    backfill: { maxHours: 24, overlapSeconds: 10, pageRows: 1000 },
    requestTimeoutMs: 30_000,
  });
  expect(platform && brokerUrlOf(platform)).toBe('wss://lynx.example.com/mqtt');
  expect(JSON.stringify(platform)).not.toContain('hidden-key');
  expect(await platform?.credentials.apiKey?.reveal()).toBe('hidden-key');
  expect(warnings).toEqual([]);
});

test.each([
  [{ url: 'https://proxy.example.com/lynx/' }, 'wss://proxy.example.com/lynx/mqtt'],
  [{ url: 'http://127.0.0.1:8080' }, 'ws://127.0.0.1:8080/mqtt'],
  [{ mqtt: { clientId: 'driver', url: 'mqtts://lynx.example.com:8883' } }, 'mqtts://lynx.example.com:8883'],
])('the broker of %o is %s', async (more, url) => {
  const { config } = await load(file(entry(more)), surroundings);
  const [platform] = config.ingest?.iotopen ?? [];
  expect(platform && brokerUrlOf(platform)).toBe(url);
});

test('a file for the token need not be there, and is found beside the configuration', async () => {
  const credentials = { user: 'bo@example.com', password, tokenFile: 'iotopen.token' };
  const { config } = await load(file(entry({ credentials })), surroundings);
  expect(config.ingest?.iotopen[0]?.credentials.tokenFile).toBe('/etc/driver/iotopen.token');
});

test.each([
  ['nothing', {}],
  ['half a user', { user: 'bo' }],
  ['half of OAuth', { clientId: 'x', refreshToken: key }],
  ['two ways', { apiKey: key, user: 'bo', password }],
  ['a key and a token', { apiKey: key, token: key }],
])('credentials with %s are refused with the ways that there are', async (_what, credentials) => {
  expect(await told(entry({ credentials }))).toEqual([
    expect.stringMatching(/^settings\.ingest\.iotopen\[0\]\.credentials: must hold apiKey, or token, or user/),
  ]);
});

test('a file for a token goes with no key', async () => {
  const credentials = { apiKey: key, tokenFile: 'x' };
  expect(await told(entry({ credentials }))).toEqual([expect.stringMatching(/credentials\.tokenFile: only goes with/)]);
});

test('a secret in the text is refused without being shown', async () => {
  const problems = await told(entry({ credentials: { apiKey: 'secret-in-the-text' } }));
  expect(problems.join('\n')).toMatch(/credentials\.apiKey/);
  expect(problems.join('\n')).not.toContain('secret-in-the-text');
});

test('two entries with one name, or with one session at one platform, are refused', async () => {
  expect(await told(entry(), entry({ mqtt: { clientId: 'other' } }))).toEqual([
    expect.stringMatching(/iotopen\[1\]\.name: is the same name/),
  ]);
  expect(await told(entry(), entry({ name: 'other' }))).toEqual([
    expect.stringMatching(
      /iotopen\[1\]\.mqtt\.clientId: is the same as that of .*iotopen\[0\]\.mqtt at the same broker/,
    ),
  ]);
});

test.each([
  ['url', { url: 'lynx.example.com' }],
  ['mqtt', { mqtt: undefined }],
  ['mqtt.url', { mqtt: { clientId: 'driver', url: 'https://lynx.example.com' } }],
  ['mqtt.clientId', { mqtt: { clientId: '' } }],
  ['installations', { installations: [] }],
  ['installations[0]', { installations: ['34'] }],
  ['types[0]', { types: [''] }],
  ['backfill.maxHours', { backfill: { maxHours: -1 } }],
  ['refreshEveryMinutes', { refreshEveryMinutes: 40_000 }],
])('a wrong %s is named', async (path, more) => {
  expect(await told(entry(more))).toEqual([expect.stringContaining(`settings.ingest.iotopen[0].${path}: `)]);
});

test('what travels unencrypted is warned of', async () => {
  const mqtt = { clientId: 'driver', url: 'mqtt://lynx.example.com' };
  const { warnings } = await load(file(entry({ url: 'http://lynx.example.com', mqtt })), surroundings);
  expect(warnings.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['settings.ingest.iotopen[0].mqtt.url', 'settings.ingest.iotopen[0].url']),
  );
});

const PROXY = 'http://proxy.example.com:3128';

test('a proxy is that of its key, else that of the environment, else none', async () => {
  const proxied = async (more: Raw, env: Record<string, string> = {}) => {
    const { config } = await load(file(entry(more)), { env: { ...surroundings.env, ...env } });
    return config.ingest?.iotopen[0]?.proxy;
  };
  expect(await proxied({})).toBeUndefined();
  expect(await proxied({}, { HTTPS_PROXY: PROXY })).toMatchObject({ url: PROXY, from: 'HTTPS_PROXY' });
  expect(await proxied({}, { HTTPS_PROXY: PROXY, NO_PROXY: 'lynx.example.com' })).toBeUndefined();
  expect(await proxied({ proxy: false }, { HTTPS_PROXY: PROXY })).toBeUndefined();
  const given = await proxied({ proxy: { url: PROXY, user: 'reader', password } }, { HTTPS_PROXY: 'http://other' });
  expect(given).toMatchObject({ url: PROXY, from: 'proxy' });
  expect(await given?.password?.reveal()).toBe('hidden-password');
  expect(JSON.stringify(given)).not.toMatch(/hidden-password/);
});

test.each([
  [{ url: PROXY, password: { env: 'NOT_THERE' } }, /proxy\.password: the environment variable NOT_THERE is not set/],
  [{ url: 'socks5://proxy' }, /proxy/],
  [true, /proxy/],
])('a proxy of %o is refused once', async (proxy, message) => {
  const problems = await told(entry({ proxy }));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(message);
});
