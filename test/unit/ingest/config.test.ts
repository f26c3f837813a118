/** Rules of `settings.ingest` for several keys at once: what can only be a slip is refused, what does nothing is told. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { good, load, refusal, type Raw } from '../../support/config.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const env = { SECRET: 'hidden-secret', KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
const secret = { env: 'SECRET' };
const mqtt = (more: Raw = {}): Raw => ({
  ...{ name: 'hall', url: 'mqtts://broker.example.com', clientId: 'driver', topics: [{ filter: 'a/#' }], ...more },
});
const topics = (...entries: Raw[]): Raw => ({ mqtt: [mqtt({ topics: entries })] });
const i3 = (more: Raw = {}): Raw => ({
  ...{ name: 'market', url: 'mqtts://i3.example.com', user: 'bob', credentials: { password: secret } },
  ...{ products: [{ topic: 'ann/pond/ph' }], ...more },
});
const iotopen = (more: Raw = {}): Raw => ({
  ...{ name: 'lynx', url: 'https://lynx.example.com', credentials: { apiKey: secret }, mqtt: { clientId: 'driver' } },
  ...more,
});

/** What is said of a configuration without servers, the beginning of every path left out. */
async function told(ingest: unknown): Promise<string[]> {
  const { problems } = await refusal(good({}, { servers: [], ingest }), { env });
  return problems.map(({ path, message }) => `${path.replace('settings.ingest.', '')}: ${message}`);
}
async function warned(ingest: unknown): Promise<string[]> {
  const { warnings } = await load(good({}, { servers: [], ingest }), { env });
  return warnings.map(({ path, message }) => `${path.replace('settings.ingest.', '')}: ${message}`);
}

describe('what cannot work', () => {
  it.each<[what: string, ingest: unknown, path: string, message: RegExp]>([
    ['no server and no feed', {}, 'settings.servers', /must not be empty, unless .* has no feed$/],
    ['lists without a feed', { mqtt: [], i3: [] }, 'settings.servers', /it has no feed$/],
    ['a prefix of the server', { prefix: '$JS', mqtt: [mqtt()] }, 'prefix', /must not begin with \$/],
    [
      'a new stream that forgets sooner than it recognizes',
      { stream: { create: true, maxAgeMs: 1000 }, mqtt: [mqtt()] },
      'stream.maxAgeMs',
      /0 or at least settings\.ingest\.stream\.duplicateWindowMs, which is 600000/,
    ],
    ['a size of nothing', { stream: { maxBytes: 0 }, mqtt: [mqtt()] }, 'stream.maxBytes', /at least 1, or -1/],
    [
      'repeats that the stream no longer recognizes',
      { stream: { ackTimeoutMs: 1000, duplicateWindowMs: 1000 }, mqtt: [mqtt()] },
      'stream.ackTimeoutMs',
      /must be less than settings\.ingest\.stream\.duplicateWindowMs, which is 1000/,
    ],
    [
      'one session of two kinds of feeds',
      { mqtt: [mqtt({ url: 'wss://lynx.example.com/mqtt' })], iotopen: [iotopen()] },
      'iotopen[0].mqtt.clientId',
      /same as that of settings\.ingest\.mqtt\[0\] at the same broker/,
    ],
    [
      'an expiry that the version does not know',
      { mqtt: [mqtt({ version: '3.1.1', sessionExpirySeconds: 60 })] },
      'mqtt[0].sessionExpirySeconds',
      /only goes with version 5/,
    ],
    [
      'a device in two letter cases',
      { seneye: { sources: [{ source: 'SWS_1', secret, devices: [{ id: 'ab' }, { id: 'AB' }] }] } },
      'seneye.sources[0].devices[1].id',
      /is the same as .*devices\[0\]\.id \(letter case does not count\)/,
    ],
    ['port 0', { mqtt: [mqtt({ url: 'mqtts://broker:0' })] }, 'mqtt[0].url', /between 1 and 65535/],
    [
      'a version in full',
      { mqtt: [mqtt({ version: '5.0' })] },
      'mqtt[0].version',
      /^must be "5" or "3.1.1", not "5.0"$/,
    ],
    ['a line break in an id', { mqtt: [mqtt({ clientId: 'a\r\nb' })] }, 'mqtt[0].clientId', /no control characters/],
    [
      'another name in an id',
      { mqtt: [mqtt({ clientId: 'd-{host}' })] },
      'mqtt[0].clientId',
      /braces but \{hostname\}/,
    ],
    [
      'a name that is not put in',
      { iotopen: [iotopen({ mqtt: { clientId: '{hostname}' } })] },
      'iotopen[0].mqtt.clientId',
      /no braces/,
    ],
    [
      'a NUL in a user',
      { mqtt: [mqtt({ credentials: { user: 'a\0', password: secret } })] },
      'mqtt[0].credentials.user',
      /no control characters/,
    ],
    ['a line break in a filter', topics({ filter: 'a\r\n' }), 'mqtt[0].topics[0].filter', /no control characters/],
    [
      'an entry behind one that takes all',
      topics({ filter: 'a/#' }, { filter: 'a/b' }),
      'mqtt[0].topics[1].filter',
      /never reached: settings\.ingest\.mqtt\[0\]\.topics\[0\] takes all/,
    ],
    ['an entry twice', topics({ filter: 'a' }, { filter: 'a' }), 'mqtt[0].topics[1].filter', /never reached/],
    [
      'a product behind one that takes all',
      { i3: [i3({ allowWildcards: true, products: [{ topic: 'ann/pond/+' }, { topic: 'ann/pond/ph' }] })] },
      'i3[0].products[1].topic',
      /never reached/,
    ],
    [
      'a format without a time',
      topics({ filter: 'a', time: { format: 'ms' } }),
      'mqtt[0].topics[0].time.path',
      /missing/,
    ],
    [
      'a zone without a time',
      topics({ filter: 'a', time: { timeZone: 'Europe/Berlin' } }),
      'mqtt[0].topics[0].time.path',
      /is missing: where is the time/,
    ],
    [
      'a zone for numbers',
      topics({ filter: 'a', time: { path: '$.t', format: 'ms', timeZone: 'Europe/Berlin' } }),
      'mqtt[0].topics[0].time.timeZone',
      /only goes with format iso or auto/,
    ],
    [
      'a format for a number alone',
      topics({ filter: 'a', payload: 'number', time: { format: 's' } }),
      'mqtt[0].topics[0].time.format',
      /only goes with payload json/,
    ],
    [
      'a text that may be absent',
      topics({ filter: 'a', payload: 'text', values: [{ optional: true }] }),
      'mqtt[0].topics[0].values[0].optional',
      /only goes with payload json/,
    ],
    [
      'states without a state',
      topics({ filter: 'a', values: [{ path: '$', states: {} }] }),
      'mqtt[0].topics[0].values[0].states',
      /must name a state/,
    ],
    [
      'a key of an account',
      { i3: [i3({ credentials: { privateKey: { env: 'KEY' } } })] },
      'i3[0].credentials.privateKey',
      /only goes with the full name of a device/,
    ],
    [
      'a life of a password',
      { i3: [i3({ credentials: { password: secret, lifetimeSeconds: 30 } })] },
      'i3[0].credentials.lifetimeSeconds',
      /only goes with privateKey/,
    ],
    [
      'a product in the form of devices',
      { i3: [i3({ products: [{ topic: 'ann$pond$ph' }] })] },
      'i3[0].products[0].topic',
      /must have \/ between its parts: "ann\/pond\/ph"/,
    ],
    [
      'a blank behind a product',
      { i3: [i3({ products: [{ topic: 'ann/pond/ph ' }] })] },
      'i3[0].products[0].topic',
      /nor end with a space/,
    ],
    [
      'TLS of a platform that has none',
      { iotopen: [iotopen({ url: 'http://127.0.0.1:1', tls: { serverName: 'lynx' } })] },
      'iotopen[0].tls.serverName',
      /only goes with https:\/\//,
    ],
    [
      'a start before the furthest',
      { iotopen: [iotopen({ backfill: { maxHours: 1, atStartMinutes: 61 } })] },
      'iotopen[0].backfill.atStartMinutes',
      /at most backfill\.maxHours, which is 1 \(60 minutes\)/,
    ],
  ])('%s', async (_what, ingest, path, message) => {
    const [found = '', ...more] = await told(ingest);
    expect(more).toEqual([]);
    expect(found.slice(0, path.length + 2)).toBe(`${path}: `);
    expect(found.slice(path.length + 2)).toMatch(message);
  });

  it('a token written over another secret', async () => {
    const credentials = { user: 'bo', password: { file: 'lynx.secret' }, tokenFile: './lynx.secret' };
    expect((await told({ iotopen: [iotopen({ credentials })] })).join()).toMatch(
      /iotopen\[0\]\.credentials\.tokenFile: is also the file of settings\.ingest\.iotopen\[0\]\.credentials\.password;/,
    );
    const one = { user: 'bo', password: secret, tokenFile: 'token' };
    const two = [iotopen({ credentials: one }), iotopen({ name: 'b', mqtt: { clientId: 'b' }, credentials: one })];
    expect(await told({ iotopen: two })).toEqual([
      expect.stringMatching(
        /^iotopen\[1\]\.credentials\.tokenFile: is also the file of .*iotopen\[0\]\.credentials\.token/,
      ),
    ]);
  });
});

describe('what does nothing, or costs something', () => {
  it.each<[what: string, ingest: unknown, warning: RegExp]>([
    [
      'a stream that is not used',
      { stream: { mode: 'core', create: true }, mqtt: [mqtt()] },
      /^stream\.create: has no/,
    ],
    ['bounds of no new stream', { stream: { maxAgeMs: 0 }, mqtt: [mqtt()] }, /^stream\.maxAgeMs: .* without create/],
    [
      'a stream that forgets',
      { stream: { create: true, storage: 'memory' }, mqtt: [mqtt()] },
      /^stream\.storage: is memory/,
    ],
    ['a session of no time', { mqtt: [mqtt({ sessionExpirySeconds: 0 })] }, /sessionExpirySeconds: is 0: the broker/],
    [
      'an authority that is not looked at',
      { iotopen: [iotopen({ tls: { insecureSkipVerify: true, serverName: 'x' } })] },
      /insecureSkipVerify: is on.*\niotopen\[0\]\.tls\.serverName: has no effect with insecureSkipVerify/,
    ],
    ['the path of the API', { iotopen: [iotopen({ url: 'https://lynx.example.com/api/v2/' })] }, /url: ends with/],
    [
      'a product of another hub',
      { i3: [i3({ user: 'eve$lake$probe' })] },
      /^i3\[0\]\.products\[0\]\.topic: is no product of the device's own hub, eve\/lake\/…/,
    ],
  ])('%s', async (_what, ingest, warning) => {
    expect((await warned(ingest)).join('\n')).toMatch(warning);
  });

  it('says nothing of what has a use', async () => {
    expect(
      await warned({
        stream: { create: true, maxAgeMs: 0, replicas: 3, duplicateWindowMs: 60_000 },
        mqtt: [
          mqtt({
            clientId: 'driver-{hostname}',
            version: '3.1.1',
            topics: [
              { filter: 'a/b', time: { path: '$.t', timeZone: 'Europe/Berlin' }, values: [{ path: '$.v' }] },
              { filter: 'a/#', pattern: 'a/{device}/#' },
              { filter: 'a/c/d' },
            ],
          }),
        ],
        i3: [i3(), i3({ name: 'own', user: 'ann$pond$probe' })],
        iotopen: [iotopen({ backfill: { maxHours: 48, atStartMinutes: 1500 } })],
      }),
    ).toEqual([]);
  });

  it('takes many entries without comparing each with each', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => ({ filter: `plant/${at}` }));
    await expect(load(good({}, { servers: [], ingest: topics(...many) }), { env })).resolves.toBeDefined();
  });
});

describe('a value that is shown', () => {
  it('is whole where a sign has another meaning than in a URL', async () => {
    const { problems } = await refusal(good({}, { ingest: topics({ filter: 'plant/#/x', records: '$[?' }) }));
    expect(problems.map(({ value }) => value)).toEqual(['"plant/#/x"', '"$[?"', undefined]);
    const url = await refusal(good({}, { ingest: { mqtt: [mqtt({ url: 'wss://host/mqtt#token' })] } }));
    expect(url.problems[0]?.value).toBe('"wss://host/mqtt?[hidden]"');
  });
});
