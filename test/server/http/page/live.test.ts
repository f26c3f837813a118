/** Live updates by server-sent events. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { View } from '../../../../src/http/page/document.ts';
import { LiveFeed, type LiveFeedOptions } from '../../../../src/http/page/live-feed.ts';
import { html, whole } from '../../../../src/http/page/markup.ts';
import { Samples } from '../../../../src/http/page/samples.ts';
import { eventually } from '../../../support/eventually.ts';
import { healthOf, Listener, metricsOf, pageForTest, State } from './support.ts';

const parts = async (listener: Listener) => (await listener.next('parts')) as Record<string, string>;

describe('a page that listens', () => {
  it('gets all parts first, and then those that change', async () => {
    const { port, state } = await pageForTest();
    const listener = await Listener.open(port, '/events?page=/');
    expect(listener.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(await listener.next('hello')).toMatchObject({ build: expect.any(String) as string });
    expect(Object.keys(await parts(listener))).toEqual([
      ...['summary', 'components', 'charts-section', 'activity', 'problems', 'newest', 'numbers'],
    ]);
    const since = '2026-11-28T12:34:56.000Z';
    state.health = healthOf({
      state: 'down',
      reasons: ['Gone.'],
      bus: { connected: false, subscribed: true, since, message: 'Gone.' },
    });
    const changed = await parts(listener);
    expect(Object.keys(changed)).toEqual(['summary', 'components']);
    expect(changed.components).toContain('2026-11-28 12:34:56 UTC');
    expect(await listener.next('title')).toBe('down: plant-driver, Overview');
    state.health = healthOf();
    expect((await parts(listener)).summary).toContain('All parts work.');
  });

  it('gets new samples, and after a break those that it has missed', async () => {
    const { port } = await pageForTest(new State(), {}, { sampleMs: 20 });
    const listener = await Listener.open(port, '/events?page=/');
    type Rows = { columns: string[]; rows: number[][] };
    const first = (await listener.next('samples')) as Rows;
    expect(first.columns[0]).toBe('time');
    const at = first.rows.at(-1)?.[0] ?? 0;
    const next = (await listener.next('samples')) as Rows;
    const again = await Listener.open(port, `/events?page=/&since=${at}`);
    expect(((await again.next('samples')) as Rows).rows[0]).toEqual(next.rows[0]);
  });

  it('needs access, and a page that exists', async () => {
    const { get } = await pageForTest(new State(), { trustedHeader: 'x-user', trustedProxies: [] });
    expect((await get('/events?page=/')).status).toBe(401);
    const open = await pageForTest();
    expect((await open.get('/events?page=/nowhere')).status).toBe(404);
  });
});

/** A feed with small limits, over real HTTP. */
async function feedForTest(options: Partial<LiveFeedOptions>) {
  let text = 'x';
  const view: View = {
    path: '/',
    title: 'Test',
    parts: [{ id: 'a', render: () => html`<p id="a">${whole(text)}</p>` }],
  };
  const state = () => ({
    ...{ health: healthOf(), metrics: metricsOf(), problems: [], refusals: [], replicas: [], devices: undefined },
    activity: { requests: [], leases: [], load: { leases: 0, items: 0, tags: 0 } },
  });
  const feed = new LiveFeed({
    state,
    samples: new Samples(),
    build: 'b',
    updateMs: 5,
    bytesPerSecond: Infinity,
    ...options,
  });
  const server = createServer((_request, response: ServerResponse) => {
    feed.add(view, 0, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const set = (next: string): void => {
    text = next;
  };
  return { feed, port: (server.address() as AddressInfo).port, set };
}

describe('listeners', () => {
  it('are forgotten when they are gone', async () => {
    const { feed, port } = await feedForTest({});
    const listener = await Listener.open(port, '/');
    await listener.next('parts');
    expect(feed.listeners).toBe(1);
    listener.response.destroy();
    await eventually(() => {
      expect(feed.listeners).toBe(0);
    });
  });

  it('are ended if they do not read, and make the driver keep no more than the limit', async () => {
    const { feed, port, set } = await feedForTest({ mostWaitingBytes: 100_000 });
    const socket = connect({ host: '127.0.0.1', port });
    onTestFinished(() => {
      socket.destroy();
    });
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => {
      expect(feed.listeners).toBe(1);
    });
    let n = 0;
    await eventually(() => {
      set(`${n++} ${'y'.repeat(1_000_000)}`);
      expect(feed.listeners).toBe(0);
    });
  });

  it('must connect again after the longest time', async () => {
    const { feed, port } = await feedForTest({ longestMs: 20 });
    const listener = await Listener.open(port, '/');
    await listener.ended();
    expect(feed.listeners).toBe(0);
  });

  it('are limited in number', async () => {
    const { feed, port } = await feedForTest({ mostListeners: 2 });
    for (const full of [false, true]) {
      const listener = await Listener.open(port, '/');
      await listener.next('parts');
      expect(feed.isFull).toBe(full);
    }
  });
});
