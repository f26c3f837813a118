import { once } from 'node:events';
import { get as httpGet } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import type { Sample } from './series/series.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, DIRECTORY_USER, headersWith, idOf, login, NOW, SIGNALS, USER, type Caller } from './testing.ts';

type Requests = Models['GetRequestsOutputV1'];

describe('running requests of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const path = `/signals/${idOf(`${SIGNALS} >> Fast`)}/samples`;
  const range = { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' };
  const listed = async (ask = get): Promise<NonNullable<Requests['requests']>> =>
    ((await ask('/requests')).body as Requests).requests ?? [];
  /** Waits, by asking again, until a request to that path is listed. */
  const running = async (suffix: string) => {
    for (;;) {
      const found = (await listed()).find(({ requestPath }) => requestPath.endsWith(suffix));
      if (found !== undefined) return found;
    }
  };

  it('lists a request that hangs, with its parameters, and refuses its caller when it is cancelled', async () => {
    await simulator.control.fail({ kind: 'hang', operation: 'get_samples' });
    const hanging = get(path, { query: range });
    const found = await running('/samples');
    expect(found).toMatchObject({
      requestMethod: 'GET',
      requestPath: `/api${path}`,
      parameters: { start: [range.start] },
      username: USER.name,
    });
    const one = found.href.slice('/api'.length);
    expect((await get(one)).body).toMatchObject({ request: { href: found.href } });
    expect((await get(one, { method: 'DELETE' })).status).toBe(200);
    expect(await hanging).toMatchObject({ status: 400, body: { statusMessage: 'The request was cancelled' } });
    await simulator.control.heal();
    expect((await get(one)).status).toBe(404);
    expect((await get(one, { method: 'DELETE' })).status).toBe(404);
    expect((await listed()).map(({ requestPath }) => requestPath)).toEqual(['/api/requests']);
  });

  it('cancels all requests of the caller, but none of another user, nor shows them', async () => {
    const other = await caller(simulator.url, DIRECTORY_USER, {
      authProviderClass: 'Simulated Directory',
      authProviderId: 'plant',
    });
    await simulator.control.fail({ kind: 'hang', operation: 'get_samples' });
    const [mine, theirs] = [get(path, { query: range }), other(path, { query: range })];
    const { href } = await running('/samples');
    expect((await listed(other)).every(({ username }) => username === DIRECTORY_USER.name)).toBe(true);
    expect((await other(href.slice('/api'.length), { method: 'DELETE' })).status).toBe(404);
    await get('/requests/me', { method: 'DELETE' });
    expect((await mine).status).toBe(400);
    expect((await get('/requests/me/any-session', { method: 'DELETE' })).status).toBe(200);
    await other('/requests/me', { method: 'DELETE' });
    expect((await theirs).status).toBe(400);
    await simulator.control.heal();
  });

  it('stops the work when the caller closes the connection in the middle of an answer', async () => {
    let made = 0;
    const series = {
      *between(): Generator<Sample> {
        for (let n = 0; n < 50_000_000; n += 1) {
          made += 1;
          yield { key: BigInt(n), value: n };
        }
      },
      before: () => undefined,
      after: () => undefined,
    };
    const item = simulator.plant.add({
      type: 'StoredSignal',
      name: 'Counted',
      signal: { series, interpolation: 'Linear', maxInterpolation: 1n },
    });
    const headers = headersWith(await login(simulator.url));
    const query = new URLSearchParams({ ...range, limit: '50000000' }).toString();
    const request = httpGet(`${simulator.url}/api/signals/${item.id}/samples?${query}`, { headers });
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    await once(response, 'data');
    request.destroy();
    for (;;) {
      const entry = (await simulator.control.requests()).find((seen) => seen.path.includes(item.id));
      await get('/system/ping');
      if (entry?.ended === true) break;
    }
    const after = made;
    await get('/system/ping');
    expect(made).toBe(after);
    expect(made).toBeLessThan(5_000_000);
    expect((await listed()).map(({ requestPath }) => requestPath)).toEqual(['/api/requests']);
  });
});
