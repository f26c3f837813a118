/** Posts over real HTTP to the receiver, with a real stream behind it. */
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { feedHealth } from '../../../../../src/contract/health.ts';
import { feedMetrics } from '../../../../../src/contract/telemetry.ts';
import { startSeneyeSender } from '../../../../../simulators/seneye/sender.ts';
import { encodeBase64, HEADER, signMessage } from '../../../../../simulators/seneye/encoding.ts';
import { post } from '../../../../../simulators/seneye/http-post.ts';
import { eventually } from '../../../../support/eventually.ts';
import { configOf, message, PATH, SECRET, SOURCE, SUD_ID, harnessForTest, type Harness } from './harness.ts';

/** Sends raw bytes and gives everything that came back until the receiver closes. */
async function raw(harness: Harness, ...pieces: string[]): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port: harness.port });
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (piece: string) => (text += piece));
  socket.on('error', () => undefined);
  for (const piece of pieces) socket.write(piece);
  await once(socket, 'close');
  return text;
}

const head = (lines: Record<string, string | number>, first = `POST ${PATH} HTTP/1.1`): string =>
  `${[first, ...Object.entries(lines).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;

/** What the log tells of posts; the bus may have something to tell, too. */
const complaints = (harness: Harness): string[] =>
  harness.log.messages().filter((line) => line.startsWith('A seneye post'));

const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe('a post', () => {
  it('is answered 200 with an empty body when its readings are in the stream', async () => {
    const harness = await harnessForTest();
    const answer = await harness.send(message());
    expect(answer).toMatchObject({ status: 200, text: '' });
    const stored = await harness.stored();
    expect(stored.map(({ subject }) => subject)).toEqual(
      ['temperature', 'ph', 'ammonia', 'inWater', 'slideExpired', 'temperatureAlert', 'phAlert', 'ammoniaAlert'].map(
        (name) => `iota.readings.seneye.home.${SUD_ID}.#${name}`,
      ),
    );
    expect(stored[0]?.body).toMatchObject({ name: 'Office temperature', value: 21.125, unit: '°C', status: 'Good' });
    expect(feedMetrics.parse(harness.feed.metrics())).toMatchObject({
      ...{
        kind: 'seneye',
        received: 1,
        readings: 8,
        duplicates: 0,
        refused: 0,
        waiting: 0,
        atMostOnce: 0,
        rejected: {},
      },
    });
    expect(feedHealth.parse(harness.feed.health())).toMatchObject({
      state: 'up',
      lastMessage: expect.any(String) as string,
    });
  });

  it.each([202, 204] as const)('is answered %d if configured', async (successStatus) => {
    const harness = await harnessForTest(configOf({ successStatus }));
    expect(await harness.send(message())).toMatchObject({ status: successStatus, text: '' });
  });

  it('of every kind of device, in every encoding, passes as the sender makes it', async () => {
    const harness = await harnessForTest();
    for (const encoding of [{}, { signature: 'url' }, { payload: 'standard', payloadPadding: true }] as const) {
      const devices = [{ name: 'Home' }, { name: 'Pond', type: 'pond' }, { name: 'Reef', type: 'reef' }] as const;
      const sender = startSeneyeSender({ url: harness.url, secret: SECRET, source: SOURCE, devices, encoding });
      for (const { status } of await sender.postNow()) expect(status).toBe(200);
      await sender.stop();
    }
    const readings = await harness.readings();
    expect(new Set(readings.map(({ attributes }) => attributes?.deviceType))).toEqual(
      new Set(['Home', 'Pond', 'Reef']),
    );
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('that is repeated changes nothing', async () => {
    const harness = await harnessForTest();
    const same = message();
    for (let time = 0; time < 3; time++) expect((await harness.send(same)).status).toBe(200);
    // The same in another encoding is the same.
    expect((await harness.send(same, { encoding: { signature: 'url', payload: 'standard' } })).status).toBe(200);
    expect(await harness.readings()).toHaveLength(8);
    expect(harness.feed.metrics()).toMatchObject({ received: 4, readings: 32, duplicates: 24 });
  });

  it('with another value in the same second is another', async () => {
    const harness = await harnessForTest();
    const [first, second] = [message({ T: 1 }), message({ T: 2 }, { TS: 1_700_000_000 })];
    await harness.send({ ...first, SUD: { ...(first.SUD as object), TS: 1_700_000_000 } });
    await harness.send(second);
    const values = (await harness.readings())
      .filter(({ fqn }) => fqn.endsWith('temperature'))
      .map(({ value }) => value);
    expect(values).toEqual([1, 2]);
  });

  it('without a time is new every time', async () => {
    const harness = await harnessForTest();
    const same = message({}, { TS: undefined });
    await harness.send(same);
    await harness.send(same);
    expect(await harness.readings()).toHaveLength(16);
  });

  it('over core NATS is counted as one that may be lost', async () => {
    const harness = await harnessForTest(configOf(), { core: true });
    expect((await harness.send(message())).status).toBe(200);
    expect((await harness.send(message(), { secret: 'WRONG' })).status).toBe(401);
    expect(harness.feed.metrics()).toMatchObject({ received: 1, readings: 8, atMostOnce: 1 });
  });

  it('with right signature and no sense is acknowledged and becomes a dead letter', async () => {
    const harness = await harnessForTest();
    expect((await harness.send(Buffer.from('no JSON'))).status).toBe(200);
    expect((await harness.send({ SUD: {} })).status).toBe(200);
    expect((await harness.send(message({ T: true }))).status).toBe(200);
    const letters = await harness.deadLetters();
    expect(letters.map(({ code }) => code)).toEqual(['notJson', 'wrongShape', 'badValue']);
    expect(Buffer.from(letters[0]?.payload ?? '', 'base64').toString()).toBe('no JSON');
    expect(harness.feed.metrics()).toMatchObject({ rejected: { notJson: 1, wrongShape: 1, badValue: 1 }, refused: 0 });
    // What made sense of the last one has passed.
    expect(await harness.readings()).toHaveLength(7);
  });
});

describe('a body', () => {
  it('in many pieces passes', async () => {
    const harness = await harnessForTest();
    expect((await harness.send(message(), { pieces: 40 })).status).toBe(200);
    expect((await harness.send(message({ T: 2 }), { pieces: 7, pauseMs: 5 })).status).toBe(200);
    expect(
      (
        await harness.send(message({ T: 3 }), {
          headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
        })
      ).status,
    ).toBe(200);
    expect((await harness.readings()).filter(({ fqn }) => fqn.endsWith('temperature'))).toHaveLength(3);
  });

  it('that is too large is refused, announced or not', async () => {
    const harness = await harnessForTest(configOf({ bodyBytes: 1024 }));
    const large = 'A'.repeat(1025);
    expect((await harness.send('', { body: large })).status).toBe(413);
    expect((await harness.send('', { body: large, pieces: 3 })).status).toBe(413);
    expect((await harness.send('', { body: 'A'.repeat(1024) })).status).toBe(400);
    expect((await harness.send(message())).status).toBe(200);
    expect(harness.feed.metrics().refused).toBe(3);
  });

  it('that ends too soon is nothing: nothing taken, nothing answered', async () => {
    const harness = await harnessForTest();
    const body = signMessage(Buffer.from(JSON.stringify(message())), SECRET);
    const socket = createConnection({ host: '127.0.0.1', port: harness.port });
    const fields = {
      Host: 'x',
      'Content-Type': 'application/jose',
      'X-SENEYE': SOURCE,
      'Content-Length': body.length + 1,
    };
    socket.end(`${head(fields)}${body}`);
    socket.resume();
    await once(socket, 'close');
    expect(harness.feed.metrics()).toMatchObject({ received: 0 });
    expect((await harness.send(message())).status).toBe(200);
  });
});

describe('a request of another kind', () => {
  it.each([
    ['wrong method', { method: 'GET' }, 405],
    ['wrong method', { method: 'PUT' }, 405],
    ['wrong path', { url: '/other' }, 404],
    ['longer path', { url: `${PATH}/more` }, 404],
    ['no path', { url: '/' }, 404],
    ['wrong type', { headers: { 'Content-Type': 'application/json' } }, 415],
    ['no type', { headers: { 'Content-Type': undefined } }, 415],
    ['no source', { headers: { 'X-SENEYE': undefined } }, 400],
    ['empty source', { headers: { 'X-SENEYE': ' ' } }, 400],
    ['unknown source', { headers: { 'X-SENEYE': 'SWS_9999' } }, 404],
    ['other letter case', { headers: { 'X-SENEYE': SOURCE.toLowerCase() } }, 404],
    ['no JWS', { body: 'hello' }, 400],
    ['no body', { body: '' }, 400],
    ['wrong secret', { secret: 'AAAAAAAA' }, 401],
  ])(
    '%s: %j is answered %d',
    async (_title, { url, ...options }: Record<string, unknown> & { url?: string }, status) => {
      const harness = await harnessForTest();
      const place = url === undefined ? {} : { url: `http://127.0.0.1:${harness.port}${url}` };
      const answer = await harness.send(message(), { ...options, ...place });
      expect(answer.status).toBe(status);
      if (status === 405) expect(answer.headers.allow).toBe('POST');
      expect(await harness.stored()).toEqual([]);
      expect(harness.feed.metrics()).toMatchObject({ received: 0, refused: 1 });
      expect(complaints(harness)).toHaveLength(1);
    },
  );

  it('has other statuses by configuration', async () => {
    const harness = await harnessForTest(configOf({ unknownSourceStatus: 401, badSignatureStatus: 400 }));
    expect((await harness.send(message(), { source: 'SWS_9999' })).status).toBe(401);
    expect((await harness.send(message(), { secret: 'WRONG' })).status).toBe(400);
  });

  it('passes where it only differs in what does not matter, unless strict is configured', async () => {
    const lenient = await harnessForTest();
    const strict = await harnessForTest(configOf({ strict: true }));
    const variants = [
      { headers: { 'Content-Type': 'application/jose; charset=utf-8' } },
      { headers: { 'Content-Type': 'Application/JOSE' } },
      { url: `${PATH}/` },
      { url: `${PATH}?x=1` },
    ];
    for (const [index, { url, ...options }] of variants.entries()) {
      for (const [harness, fits] of [
        [lenient, true],
        [strict, false],
      ] as const) {
        const place = url === undefined ? {} : { url: `http://127.0.0.1:${harness.port}${url}` };
        const { status } = await harness.send(message({ T: index }), { ...options, ...place });
        expect(status === 200).toBe(fits);
      }
    }
    expect((await strict.send(message())).status).toBe(200);
    expect((await strict.send(message(), { headers: { 'X-SENEYE': undefined, 'x-seneye': SOURCE } })).status).toBe(200);
  });

  it('that says it is signed with nothing is refused, and no dead letter', async () => {
    const harness = await harnessForTest();
    const payload = encodeBase64(Buffer.from(JSON.stringify(message())), 'url', false);
    const none = encodeBase64(Buffer.from('{"alg":"none"}'), 'url', false);
    for (const body of [`${none}.${payload}.`, `${HEADER}.${payload}.`, `${HEADER}.${payload}`]) {
      expect((await harness.send('', { body })).status).toBe(400);
    }
    expect(await harness.stored()).toEqual([]);
  });
});

describe('on the wire', () => {
  const signed = (T: number): string => signMessage(Buffer.from(JSON.stringify(message({ T }))), SECRET);
  const fields = (body: string): Record<string, string | number> => ({
    'Content-Type': 'application/jose',
    'x-Seneye': SOURCE,
    'Content-Length': body.length,
  });

  it('HTTP/1.0 and a missing Host pass', async () => {
    const harness = await harnessForTest();
    const body = signed(1);
    expect(statuses(await raw(harness, head(fields(body), `POST ${PATH} HTTP/1.0`), body))).toEqual([200]);
    expect(statuses(await raw(harness, head({ ...fields(body), Connection: 'close' }), body))).toEqual([200]);
  });

  it('requests in one piece behind each other are answered in order', async () => {
    const harness = await harnessForTest();
    const [first, second] = [signed(1), signed(2)];
    const wrong = 'wrong';
    const text = [first, wrong, second].map(
      (body, index) => `${head({ ...fields(body), ...(index === 2 ? { Connection: 'close' } : {}) })}${body}`,
    );
    expect(statuses(await raw(harness, text.join('')))).toEqual([200, 400, 200]);
    expect(
      (await harness.readings()).filter(({ fqn }) => fqn.endsWith('temperature')).map(({ value }) => value),
    ).toEqual([1, 2]);
  });

  it('a sender that waits for 100 gets it only if it may go on', async () => {
    const harness = await harnessForTest();
    const body = signed(1);
    const expecting = { ...fields(body), Expect: '100-continue', Connection: 'close' };
    expect(statuses(await raw(harness, head(expecting), body))).toEqual([100, 200]);
    expect(statuses(await raw(harness, head({ ...expecting, 'x-Seneye': 'SWS_9' })))).toEqual([404]);
    expect(statuses(await raw(harness, head({ ...expecting, 'Content-Length': 10_000_000 })))).toEqual([413]);
    // Not told to close by the sender either: what follows could be a body or a request.
    const { Connection: _close, ...open } = expecting;
    const refused = await raw(harness, head({ ...open, 'x-Seneye': 'SWS_9' }));
    expect(statuses(refused)).toEqual([404]);
    expect(refused).toContain('Connection: close');
  });

  it('what is no HTTP is answered 400, and a head without end 431', async () => {
    const harness = await harnessForTest();
    expect(statuses(await raw(harness, 'hello\r\n\r\n'))).toEqual([400]);
    expect(statuses(await raw(harness, `POST ${PATH} HTTP/1.1\r\nA: ${'x'.repeat(20_000)}`))).toEqual([431]);
    expect(
      statuses(await raw(harness, head({ 'Content-Length': 5, 'Transfer-Encoding': 'chunked' }), '0\r\n\r\n')),
    ).toEqual([400]);
    expect(harness.feed.metrics().refused).toBe(3);
    expect((await harness.send(message())).status).toBe(200);
  });

  it('who is too slow with head, body or anything at all is cut off, and others pass meanwhile', async () => {
    const harness = await harnessForTest(configOf({ requestTimeoutMs: 3000 }));
    const body = signed(1);
    const slow = [
      raw(harness, ''),
      raw(harness, `POST ${PATH} HTTP/1.1\r\nHost: x\r\n`),
      raw(harness, head(fields(body)), body.slice(0, 10)),
    ];
    expect((await harness.send(message({ T: 2 }))).status).toBe(200);
    const answers = await Promise.all(slow);
    expect(answers.map(statuses)).toEqual([[408], [408], [408]]);
    expect((await harness.readings()).map(({ value }) => value)).not.toContain(1);
  });

  it('a sender keeps its connection for the next post', async () => {
    const harness = await harnessForTest();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const T of [1, 2, 3]) expect((await harness.send(message({ T }), { agent })).status).toBe(200);
    expect((await harness.send('', { agent, body: 'x' })).status).toBe(400);
    expect((await harness.send(message(), { agent })).status).toBe(200);
    agent.destroy();
    expect(harness.feed.metrics().connections).toBe(1);
  });

  it('only so many connections are held', async () => {
    const harness = await harnessForTest(configOf({ maxConnections: 2 }));
    const sockets = [1, 2].map(() => createConnection({ host: '127.0.0.1', port: harness.port }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await eventually(() => {
      expect(harness.feed.metrics().connections).toBe(2);
    });
    // The one that has sent nothing for longest goes, and the sender is heard.
    expect((await harness.send(message())).status).toBe(200);
    await eventually(() => {
      expect(sockets.filter(({ closed }) => closed)).toHaveLength(1);
    });
    for (const socket of sockets) socket.destroy();
  });
});

describe('secrets', () => {
  const devices = [
    { id: 'OWN', secret: { env: 'UNUSED' } },
    { id: 'NAMED', name: 'Tank 7' },
  ];
  const sources = [
    { source: SOURCE, name: 'home', secret: { env: 'UNUSED' }, devices },
    { source: 'SCA_0002', devices: [{ id: 'ONLY', secret: { env: 'UNUSED' } }] },
  ];

  it('of a device count for that device, and no other does', async () => {
    const harness = await harnessForTest(configOf({ sources }, { devices: { OWN: 'DEVICE', ONLY: 'OTHER' } }));
    const status = async (id: string, secret: string, source = SOURCE): Promise<number> =>
      (await harness.send(message({}, { id }), { secret, source })).status;
    expect(await status('OWN', 'DEVICE')).toBe(200);
    expect(await status('OWN', SECRET)).toBe(401);
    expect(await status('NAMED', SECRET)).toBe(200);
    expect(await status('NAMED', 'DEVICE')).toBe(401);
    expect(await status('UNHEARD OF', SECRET)).toBe(200);
    expect(await status('ONLY', 'OTHER', 'SCA_0002')).toBe(200);
    expect(await status('ANOTHER', 'OTHER', 'SCA_0002')).toBe(401);
    expect(await status('OWN', 'DEVICE', 'SCA_0002')).toBe(401);
    const readings = await harness.readings();
    expect(new Set(readings.map(({ source }) => source))).toEqual(new Set(['seneye:home', 'seneye:SCA_0002']));
    expect(readings.map(({ name }) => name)).toContain('Tank 7 temperature');
  });

  it('of a device count for it in whatever case its id comes, and so does its name', async () => {
    const devices = [
      { id: 'AAFF', name: 'Upper', secret: { env: 'UNUSED' } },
      { id: 'bbee', name: 'Lower' },
    ];
    const sources = [{ source: SOURCE, name: 'home', secret: { env: 'UNUSED' }, devices }];
    const harness = await harnessForTest(configOf({ sources }, { devices: { AAFF: 'DEVICE' } }));
    const status = async (id: string, secret: string): Promise<number> =>
      (await harness.send(message({}, { id }), { secret })).status;
    expect([await status('aaff', SECRET), await status('aaFF', SECRET)]).toEqual([401, 401]);
    expect([await status('aaff', 'DEVICE'), await status('AAFF', 'DEVICE')]).toEqual([200, 200]);
    expect([await status('bbee', SECRET), await status('BBEE', SECRET)]).toEqual([200, 200]);
    const names = (await harness.readings()).flatMap(({ name }) => (name.endsWith(' temperature') ? [name] : []));
    expect(names.map((name) => name.replace(' temperature', ''))).toEqual(['Upper', 'Upper', 'Lower', 'Lower']);
  });

  it('are read again for each post; one that cannot be read is a fault of the driver, not of the sender', async () => {
    const read = vi.fn(async () => 'FIRST');
    const harness = await harnessForTest(configOf({}, { read }));
    expect((await harness.send(message(), { secret: 'FIRST' })).status).toBe(200);
    read.mockImplementation(async () => 'SECOND');
    expect((await harness.send(message(), { secret: 'FIRST' })).status).toBe(401);
    expect((await harness.send(message(), { secret: 'SECOND' })).status).toBe(200);
    read.mockRejectedValue(new Error('settings.ingest.seneye.sources[0].secret: the file /gone does not exist'));
    const answer = await harness.send(message(), { secret: 'SECOND' });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    expect(answer.text).not.toContain('/gone');
    expect(harness.log.text()).toContain('/gone');
  });

  it('that cannot be read keep out those only who need them', async () => {
    const gone = new Error('settings.ingest.seneye.sources[0].secret: the file /gone does not exist');
    const config = configOf({ sources }, { devices: { OWN: 'DEVICE' }, read: () => Promise.reject(gone) });
    const harness = await harnessForTest(config);
    expect((await harness.send(message({}, { id: 'OWN' }), { secret: 'DEVICE' })).status).toBe(200);
    expect((await harness.send(message({}, { id: 'NAMED' }))).status).toBe(503);
    expect(harness.log.text()).toContain('/gone');
  });

  it('and signatures stand in no log, no answer and no dead letter', async () => {
    const harness = await harnessForTest(
      configOf({ sources }, { devices: { OWN: 'DEVICESECRET', ONLY: 'OTHERSECRET' } }),
    );
    const bodies = [Buffer.from('no JSON'), JSON.stringify(message()), JSON.stringify(message({}, { id: 'OWN' }))];
    const answers: string[] = [];
    for (const secret of [SECRET, 'DEVICESECRET', 'OTHERSECRET', 'WRONGSECRET']) {
      for (const body of bodies) {
        const { text, headers } = await harness.send(body, { secret, url: `${harness.url}?password=PATHSECRET` });
        answers.push(text, JSON.stringify(headers));
        await harness.send(body, { secret, url: `http://127.0.0.1:${harness.port}/x?password=PATHSECRET` });
      }
    }
    const told = [
      harness.log.text(),
      ...answers,
      JSON.stringify(await harness.stored()),
      JSON.stringify(harness.feed.health()),
    ].join('\n');
    expect(told).toContain('signature');
    for (const secret of [SECRET, 'DEVICESECRET', 'OTHERSECRET', 'PATHSECRET']) expect(told).not.toContain(secret);
    for (const body of bodies) {
      const signature = signMessage(Buffer.from(body), SECRET).split('.')[2] ?? 'none';
      expect(told).not.toContain(signature);
    }
  });
});

describe('too many posts', () => {
  it('of a source are answered 429, while others pass', async () => {
    const sources = ['SWS_1', 'SWS_2'].map((source) => ({ source, secret: { env: 'UNUSED' } }));
    const harness = await harnessForTest(configOf({ sources, rateLimit: { burst: 3, perSecond: 0.01 } }));
    const answers = [];
    for (let T = 0; T < 5; T++) answers.push(await harness.send(message({ T }), { source: 'SWS_1' }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(Number(answers[3]?.headers['retry-after'])).toBeGreaterThan(30);
    expect((await harness.send(message(), { source: 'SWS_2' })).status).toBe(200);
    expect(harness.feed.metrics().refused).toBe(2);
    expect(complaints(harness)).toHaveLength(2);
  });

  it('with wrong signatures are, from their address, and do not use up what the source may post', async () => {
    const harness = await harnessForTest(configOf({ rateLimit: { burst: 3, perSecond: 0.01 } }));
    const status = async (secret: string): Promise<number> => (await harness.send(message(), { secret })).status;
    expect(await status(SECRET)).toBe(200);
    expect([await status('X'), await status('X')]).toEqual([401, 401]);
    expect([await status(SECRET), await status(SECRET)]).toEqual([200, 200]);
    expect([await status('X'), await status('X'), await status('X')]).toEqual([401, 429, 429]);
  });

  it('of strangers are, all of them together, and known ones pass', async () => {
    const harness = await harnessForTest(configOf({ rateLimit: { burst: 3, perSecond: 0.01 } }));
    const status = async (source: string): Promise<number> => (await harness.send(message(), { source })).status;
    const answers = [];
    for (let number = 0; number < 5; number++) answers.push(await status(`SWS_STRANGER${number}`));
    expect(answers).toEqual([404, 404, 404, 429, 429]);
    expect(await status(SOURCE)).toBe(200);
    expect(complaints(harness)).toHaveLength(5);
  });
});

it('the sender can post to any receiver: its options reach the wire', async () => {
  const harness = await harnessForTest();
  const answer = await post({ url: harness.url, source: SOURCE, body: 'x', headers: { 'Content-Type': 'text/plain' } });
  expect(answer.status).toBe(415);
});
