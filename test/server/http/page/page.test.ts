/** The status page as a browser without a script gets it. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HOSTILE, healthOf, metricsOf, pageForTest, plain, State, TIMES } from './support.ts';

const BAD_SINCE = '2026-11-28T11:22:33.000Z';
const line = (level: string, msg: string, facts: object = {}) =>
  `${JSON.stringify({ level, time: BAD_SINCE, instance: 'host-1', ...facts, msg })}\n`;

describe('the page', () => {
  it('shows each part with its state, since when, cause and remedy, in the words of the health report', async () => {
    const message = 'Server "north" refused the access key. Create a new one in Seeq, and enter it in servers[0].';
    const state = new State();
    state.health = healthOf({
      ...{ state: 'degraded', reasons: [message] },
      bus: { connected: false, subscribed: true, since: BAD_SINCE, message: 'The name nats cannot be resolved.' },
      servers: [{ name: 'north', state: 'unauthorized', since: BAD_SINCE, checked: BAD_SINCE, version: null, message }],
    });
    const { get } = await pageForTest(state);
    const { status, text, headers } = await get('/');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<time datetime="2026-11-28T11:22:33.000Z">');
    const shown = plain(text);
    for (const expected of [
      'The driver is ! degraded',
      message,
      'Source north ✕ unauthorized since 2026-11-28 11:22:33 UTC',
      'Bus NATS ✕ not connected since 2026-11-28 11:22:33 UTC The name nats cannot be resolved.',
      'degraded: plant-driver, Overview',
    ]) {
      expect(shown).toContain(expected);
    }
  });

  it('shows the numbers of the metrics', async () => {
    const { get } = await pageForTest();
    const { text } = await get('/');
    const shown = plain(text);
    expect(shown).toContain('snapshot | 1\u202f239 | 1\u202f234 | 0 | 5 timeout | 10 ms | 2.5 s | ');
    expect(shown).toContain('north | 77 | 77 | – | 10 ms | 30 ms | 1 | 4 | ');
    expect(shown).toContain('mqtt hall | 7 | 6 | 1 | 2 notJson | 3 | 0 | 0 | ');
  });

  it('shows the problems of the log, and what runs', async () => {
    const state = new State();
    for (let n = 0; n < 3; n++) state.problems.write(line('warn', 'Feed mqtt "hall" is down', { connection: 'hall' }));
    state.activity = {
      requests: [{ function: 'discrete', user: 'ada', arrivedMs: Date.parse(BAD_SINCE) }],
      leases: [{ function: 'eventpipepoll', user: '', arrivedMs: Date.parse(BAD_SINCE) }],
      load: { leases: 1, items: 20, tags: 10 },
    };
    const { get } = await pageForTest(state);
    const { text } = await get('/');
    const shown = plain(text);
    expect(shown).toContain('! warning | 3 | Feed mqtt "hall" is down connection: hall');
    expect(shown).toContain('2 requests; 1 lease with 20 items, for which 10 tags are read.');
    expect(shown).toContain('discrete | ada | 2026-11-28 11:22:33 UTC | ');
  });

  it('makes no markup of a name or message from outside, on any page', async () => {
    const state = new State();
    state.health = healthOf({
      ...{ driverid: HOSTILE, reasons: [HOSTILE], state: 'degraded' },
      bus: { connected: true, subscribed: true, since: BAD_SINCE, server: HOSTILE },
      servers: [
        { name: HOSTILE, state: 'up', since: BAD_SINCE, checked: BAD_SINCE, version: HOSTILE, message: HOSTILE },
      ],
      stream: { name: HOSTILE, state: 'ok', since: BAD_SINCE },
      feeds: [
        { kind: 'seneye', name: HOSTILE, state: 'silent', since: BAD_SINCE, message: HOSTILE, lastMessage: BAD_SINCE },
      ],
    });
    state.metrics = metricsOf({
      sources: [{ host: HOSTILE, results: {}, totalMs: 0, longestMs: 0, durations: TIMES, running: 0, waiting: 0 }],
    });
    state.activity = { ...state.activity, requests: [{ function: HOSTILE, user: HOSTILE, arrivedMs: 0 }] };
    state.problems.write(line('error', HOSTILE, { [HOSTILE]: HOSTILE }));
    const reading = {
      value: HOSTILE,
      unit: HOSTILE,
      reason: HOSTILE,
      status: 'Questionable',
      time: 1n,
      received: 1n,
    } as const;
    const attributes = { device: HOSTILE, deviceType: HOSTILE };
    state.readings.record(
      { scheme: 'seneye', connection: HOSTILE },
      { tag: { id: `${HOSTILE}#temperature`, name: HOSTILE }, ...reading, attributes },
    );
    const { get } = await pageForTest(state);
    for (const path of ['/', '/readings', '/seneye', `/tags?q=`]) {
      const { status, text } = await get(path);
      expect(status).toBe(200);
      expect(text).not.toContain('<img');
      expect(text).not.toContain('<script>');
      expect(text).not.toContain('\u202e');
    }
  });

  it('allows nothing but its own files: no other address, no script or style in the page', async () => {
    const { get } = await pageForTest();
    for (const path of ['/', '/readings', '/seneye', '/tags', '/login']) {
      const { headers, text } = await get(path);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(text).not.toMatch(/<script(?! type="module" src="\/assets\/page\.js">)|<style|\sstyle=|\son\w+=/i);
      expect([...text.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, url]) => url)).toEqual(
        expect.not.arrayContaining([expect.stringMatching(/^(?:[a-z]+:|\/\/)/)]),
      );
    }
  });

  it('has only the views that the configuration needs', async () => {
    const state = new State();
    state.health = healthOf({ feeds: undefined, stream: undefined });
    const { get } = await pageForTest(state);
    expect((await get('/seneye')).status).toBe(404);
    expect((await get('/')).text).not.toContain('href="/seneye"');
  });

  it('is compressed for a browser that accepts it, and small with all of its files', async () => {
    const { port, get } = await pageForTest();
    const headers = { 'accept-encoding': 'gzip, deflate, br' };
    const { text } = await get('/');
    const files = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(files).toEqual(['/assets/icon.svg', '/assets/uplot.css', '/assets/page.css', '/assets/page.js']);
    const bodies = await Promise.all(
      [
        '/',
        ...files,
        '/assets/live.js',
        '/assets/morph.js',
        '/assets/charts.js',
        '/assets/tags.js',
        '/assets/uplot.js',
      ].map(async (path) => {
        const response = await fetchRaw(port, path, headers);
        expect([path, response.encoding]).toEqual([path, 'gzip']);
        expect(gunzipSync(response.body).length).toBeGreaterThan(0);
        return response.body.length;
      }),
    );
    expect(bodies.reduce((all, bytes) => all + bytes, 0)).toBeLessThan(45_000);
  });

  it('sends a file once: later only whether it has changed', async () => {
    const { get } = await pageForTest();
    const { headers } = await get('/assets/page.js');
    const again = await get('/assets/page.js', { headers: { 'if-none-match': headers.etag ?? '' } });
    expect([again.status, again.text]).toEqual([304, '']);
  });
});

async function fetchRaw(port: number, path: string, headers: Record<string, string>) {
  const { promise, resolve, reject } = Promise.withResolvers<{ encoding: string | undefined; body: Buffer }>();
  const { get } = await import('node:http');
  get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('end', () => {
      resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(pieces) });
    });
  }).on('error', reject);
  return promise;
}

describe('replicas', () => {
  it('are shown with their state, also one that no longer answers', async () => {
    const state = new State();
    const other = { instance: 'host-2', version: '0.1.0', started: BAD_SINCE, state: 'degraded', reasons: ['Slow.'] };
    state.others = [other];
    const { get } = await pageForTest(state);
    expect(plain((await get('/')).text)).toContain('Replica host-2 ! degraded Slow.');
  });
});
