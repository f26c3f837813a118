import { describe, expect, it } from 'vitest';
import {
  good,
  load,
  makePair,
  pair,
  problem,
  problems,
  refusal,
  secrets,
  server,
  type Raw,
} from '../../support/config.ts';

const withServer = (more: Raw): Raw => good({}, { servers: [server(more)] });

describe('a mistake in one key', () => {
  const cases: readonly (readonly [name: string, file: Raw, path: string, message: RegExp, value?: string])[] = [
    ['no natsurl', good({ natsurl: undefined }), 'natsurl', /^is missing\. Address of the NATS server/],
    ['natsurl null', good({ natsurl: null }), 'natsurl', /^is missing/],
    ['natsurl empty', good({ natsurl: '' }), 'natsurl', /^is missing/],
    ['no publickey', good({ publickey: undefined }), 'publickey', /^is missing/],
    ['no reqtopic', good({ reqtopic: undefined }), 'reqtopic', /^is missing/],
    ['no settings', good({ settings: undefined }), 'settings', /^is missing/],
    ['settings a text', good({ settings: 'x' }), 'settings', /must be an object, not a string/],
    ['a number as text', good({ metricsmsec: '30000' }), 'metricsmsec', /whole number without quotes/, '"30000"'],
    ['a fraction', good({ metricsmsec: 3000.5 }), 'metricsmsec', /^must be a whole number$/, '3000.5'],
    ['a truth as text', good({ enablemetrics: 'yes' }), 'enablemetrics', /true or false without quotes/, '"yes"'],
    ['debug too high', good({ debug: 4 }), 'debug', /at most 3/, '4'],
    ['debug negative', good({ debug: -1 }), 'debug', /at least 0/, '-1'],
    ['a period too short', good({ healthmsec: 5 }), 'healthmsec', /at least 100/, '5'],
    ['a topic with a space', good({ statstopic: 'a b' }), 'statstopic', /no spaces/, '"a b"'],
    ['a topic that injects', good({ logstopic: 'a\r\nPUB x' }), 'logstopic', /line breaks/, String.raw`"a\r\nPUB x"`],
    ['a topic with an empty part', good({ reqtopic: 'a..b' }), 'reqtopic', /no empty part/, '"a..b"'],
    ['a topic with a wildcard', good({ reqtopic: 'a.*.b' }), 'reqtopic', /no wildcard/, '"a.*.b"'],
    ['a topic for all', good({ healthtopic: 'a.>' }), 'healthtopic', /no wildcard/, '"a.>"'],
    [
      'stats sent to itself',
      good({ statstopic: 'us-east-1.site-a.seeq.request' }),
      'statstopic',
      /send requests to itself/,
    ],
    ['a key of another kind', good({ publickey: `A${pair.publicKey.slice(1)}` }), 'publickey', /begin with U/],
    ['a damaged key', good({ publickey: `${pair.publicKey.slice(0, -1)}1` }), 'publickey', /checksum/],
    ['no server', good({}, { servers: [] }), 'settings.servers', /must not be empty/],
    ['a key of the top in settings', good({}, { natsurl: 'x' }), 'settings.natsurl', /; it belongs to the top$/],
    [
      'a key of bus in settings',
      good({}, { inFlightBytes: 1 }),
      'settings.inFlightBytes',
      /; it belongs into settings\.bus$/,
    ],
    [
      'a password beside its credentials',
      withServer({ accessKey: { env: 'X' } }),
      'settings.servers[0].accessKey',
      /; it belongs into settings\.servers\[0\]\.credentials$/,
    ],
    [
      'a path of Windows',
      good({}, { bus: { tls: { caFile: 'C:\\new\nca.pem' } } }),
      'settings.bus.tls.caFile',
      /write \\\\ or \/ where the path has a \\/,
    ],
    ['servers no list', good({}, { servers: {} }), 'settings.servers', /must be a list, not an object/],
    ['a server without name', withServer({ name: undefined }), 'settings.servers[0].name', /^is missing/],
    ['an empty name', withServer({ name: '' }), 'settings.servers[0].name', /must not be empty/],
    ['a long name', withServer({ name: 'x'.repeat(65) }), 'settings.servers[0].name', /at most 64 characters/],
    ['a name with a tab', withServer({ name: 'a\tb' }), 'settings.servers[0].name', /control characters/],
    ['a name that ends in a space', withServer({ name: 'a ' }), 'settings.servers[0].name', /nor end with a space/],
    ['half a character', withServer({ name: 'a\ud800' }), 'settings.servers[0].name', /control characters/],
    ['no scheme', withServer({ url: 'seeq.example.com' }), 'settings.servers[0].url', /whole URL/],
    ['a scheme of files', withServer({ url: 'ftp://seeq' }), 'settings.servers[0].url', /https:\/\/ or http:\/\//],
    [
      'a query',
      withServer({ url: 'https://seeq/?a' }),
      'settings.servers[0].url',
      /no query/,
      '"https://seeq/?[hidden]"',
    ],
    ['a fragment', withServer({ url: 'https://seeq/#a' }), 'settings.servers[0].url', /no fragment/],
    ['too many calls', withServer({ concurrency: 65 }), 'settings.servers[0].concurrency', /at most 64/, '65'],
    ['no credentials', withServer({ credentials: undefined }), 'settings.servers[0].credentials', /^is missing/],
    ['a slip in a key', withServer({ concurency: 4 }), 'settings.servers[0].concurency', /did you mean "concurrency"/],
    ['a slip in case', good({}, { Bus: {} }), 'settings.Bus', /did you mean "bus"/],
    ['a key of nothing', good({}, { zzzzzzzz: 1 }), 'settings.zzzzzzzz', /known here: servers, limits, bus/],
    ['a limit', good({}, { limits: { requestBytes: 1 } }), 'settings.limits.requestBytes', /at least 1024/, '1'],
    [
      'a default above its maximum',
      good({}, { limits: { maxTimeoutMs: 20_000 } }),
      'settings.limits.defaultTimeoutMs',
      /at most settings.limits.maxTimeoutMs, which is 20000/,
      '30000',
    ],
    [
      'a page above the whole',
      good({}, { limits: { samplesPerItem: 100 } }),
      'settings.limits.pageSamples',
      /samplesPerItem/,
    ],
    [
      'chunks above the window',
      good({}, { bus: { inFlightBytes: 65_536 } }),
      'settings.bus.chunkBytes',
      /inFlightBytes/,
    ],
    ['a queue with a wildcard', good({}, { bus: { queue: 'a.>' } }), 'settings.bus.queue', /no wildcard/],
    [
      'no host name',
      good({}, { bus: { tls: { serverName: 'https://x' } } }),
      'settings.bus.tls.serverName',
      /plain host name/,
    ],
  ];

  it.each(cases.map(([name, ...rest]) => ({ name, rest })))('$name', async ({ rest: [file, path, message, value] }) => {
    const found = await problem(file);
    expect(found.path).toBe(path);
    expect(found.message).toMatch(message);
    if (value !== undefined) expect(found.value).toBe(value);
  });
});

describe('several mistakes', () => {
  it('are all named at once, whatever room they come from', async () => {
    const file = good(
      { natsurl: undefined, debug: 9, publickey: undefined, reqtpic: 'a.b' },
      {
        servers: [
          server({ url: 'seeq', credentials: { accessKey: { env: 'NOT_SET' }, password: { file: 'not-there' } } }),
          server({ name: 'PLANT-A', tls: { caFile: 'no-ca.pem' }, concurrency: 0 }),
        ],
        limits: { itemsPerRequest: 0, defaultTimeoutMs: 400_000 },
      },
    );
    const failure = await refusal(file, { files: { '/etc/driver/privatekey.nk': 'SUxxx' } });
    expect(failure.problems.map(({ path }) => path).sort()).toEqual(
      [
        'debug',
        'natsurl',
        'privatekey.nk',
        'publickey',
        'settings.limits.defaultTimeoutMs',
        'settings.limits.itemsPerRequest',
        'settings.servers[0].credentials.accessKey',
        'settings.servers[0].credentials.password',
        'settings.servers[0].url',
        'settings.servers[1].tls.caFile',
        'settings.servers[1].concurrency',
        'settings.servers[1].name',
      ].sort(),
    );
    expect(failure.warnings.map(({ path }) => path)).toEqual(['reqtpic']);
    expect(failure.message).toMatch(
      /^The configuration \/etc\/driver\/iota\.seeqdrv\.json cannot be used, it has 12 problems:\n/,
    );
    expect(failure.message.split('\n')).toHaveLength(1 + 12 + 1);
    expect(failure.message).toContain('reqtpic: is not a known key and is ignored; did you mean "reqtopic"?');
  });

  it('shows that servers are at the top', async () => {
    const { problems, warnings } = await refusal({ ...good({}, { servers: undefined }), servers: [server()] });
    expect(problems.map(({ path }) => path)).toEqual(['settings.servers']);
    expect(warnings).toEqual([
      { path: 'servers', message: 'is not a known key and is ignored; it belongs into settings' },
    ]);
  });

  it('finds the same connection name in another letter case', async () => {
    const found = await problem(good({}, { servers: [server({ name: 'Plänt' }), server({ name: 'PLÄNT' })] }));
    expect(found).toMatchObject({
      path: 'settings.servers[1].name',
      message: expect.stringMatching(/same name as settings.servers\[0\].name/) as string,
    });
  });
});

describe('natsurl', () => {
  it.each([
    ['mon.example.com:443', [{ host: 'mon.example.com', port: 443, scheme: 'tls' }]],
    ['localhost', [{ host: 'localhost', port: 4222, scheme: 'tls' }]],
    [
      'tls://a:1, nats://b:2',
      [
        { host: 'a', port: 1, scheme: 'tls' },
        { host: 'b', port: 2, scheme: 'nats' },
      ],
    ],
    ['TLS://[::1]:4223/', [{ host: '[::1]', port: 4223, scheme: 'tls' }]],
    ['10.0.0.7', [{ host: '10.0.0.7', port: 4222, scheme: 'tls' }]],
    ['nats_1.svc.cluster.local.:4222', [{ host: 'nats_1.svc.cluster.local.', port: 4222, scheme: 'tls' }]],
  ])('%s', async (natsurl, addresses) => {
    expect((await load(good({ natsurl }))).config.bus).toMatchObject({ addresses, encrypted: true });
  });

  it.each([
    ['wss://a', /scheme wss:\/\/ is not supported/],
    ['http://a', /scheme http:\/\/ is not supported/],
    ['a:0', /port must be between/],
    ['a:65536', /port must be between/],
    ['a:x', /must be host:port/],
    ['a b', /must be host:port/],
    ['a/path', /must be host:port/],
    ['a,,b', /an address is empty/],
    [`nats://token-${secrets.password}@a`, /no user or token/],
    ['::1', /must be host:port/],
  ])('%s is refused', async (natsurl, message) => {
    const found = await problem(good({ natsurl }));
    expect(found).toMatchObject({ path: 'natsurl', message: expect.stringMatching(message) as string });
    expect(JSON.stringify(found)).not.toContain(secrets.password);
  });

  it('is warned of where data travel unencrypted, but not on the machine itself', async () => {
    const warned = async (natsurl: string, insecure: boolean): Promise<string[]> =>
      (await load(good({ natsurl }, { bus: { insecure } }))).warnings.map(({ path, message }) => `${path}: ${message}`);
    expect(await warned('nats://127.0.0.1:4222,nats://bus.example.com', true)).toEqual([
      'natsurl: is nats:// with settings.bus.insecure: all data travel unencrypted',
    ]);
    expect(await warned('nats://127.0.0.1:4222,nats://localhost', true)).toEqual([]);
    expect(await warned('nats://bus.example.com', false)).toEqual([]);
  });

  it('means TLS also with nats://, unless plain TCP is permitted', async () => {
    const tls = async (natsurl: string, insecure: boolean): Promise<boolean> =>
      (await load(good({ natsurl }, { bus: { insecure } }))).config.bus.encrypted;
    expect(await tls('nats://a', false)).toBe(true);
    expect(await tls('nats://a', true)).toBe(false);
    expect(await tls('a', true)).toBe(true);
    expect((await problem(good({ natsurl: 'nats://a,b' }, { bus: { insecure: true } }))).message).toMatch(
      /must not mix/,
    );
  });
});

describe('the key file', () => {
  const key = (text: string) => ({ files: { '/etc/driver/privatekey.nk': text } });
  const file = '/etc/driver/privatekey.nk';

  it.each([
    ['a bare seed', pair.seed],
    ['line breaks of Windows', `${pair.seed}\r\n`],
    [
      'a decorated seed',
      `# the driver\n-----BEGIN USER NKEY SEED-----\n${pair.seed}\n------END USER NKEY SEED------\n`,
    ],
    ['a byte order mark', `\ufeff${pair.seed}`],
  ])('is read with %s', async (_name, text) => {
    expect(await (await load(good(), key(text))).config.bus.seed.reveal()).toBe(pair.seed);
  });

  const other = makePair();
  it.each([
    ['empty', '\n', /is empty/],
    ['two seeds', `${pair.seed}\n${other.seed}`, /one NKey seed and nothing else/],
    ['a public key', pair.publicKey, /holds a public key/],
    ['the seed of an account', `SA${pair.seed.slice(2)}`, /seed of a user \(begins with SU\)/],
    ['half a seed', pair.seed.slice(0, 30), /damaged/],
    ['the seed of another', other.seed, new RegExp(`does not match publickey.*belongs to ${other.publicKey}`)],
  ])('is refused when it holds %s', async (_name, text, message) => {
    const found = await problem(good(), key(text));
    expect(found).toMatchObject({ path: 'privatekey.nk', message: expect.stringMatching(message) as string });
    expect(found.message).toContain(file);
    for (const seed of [pair.seed.slice(0, 30), other.seed]) expect(JSON.stringify(found)).not.toContain(seed);
  });

  it('is also looked at when publickey is wrong', async () => {
    const paths = (await problems(good({ publickey: 'x' }), key(''))).map(({ path }) => path);
    expect(paths).toEqual(['publickey', 'privatekey.nk']);
  });
});
