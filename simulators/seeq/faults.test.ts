import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import type { Models } from './answers/shapes.ts';
import { MEDIA_TYPE } from './http/description.ts';
import type { FaultKind } from './behaviour.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { ACCESS_KEY, call, caller, headersWith, idOf, login, NOW, SIGNALS, USER, type Caller } from './testing.ts';

describe('faults and behaviour of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  let token: string;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    token = await login(simulator.url);
    get = await caller(simulator.url);
  });
  afterEach(async () => {
    await simulator.control.heal();
    const { absent, latencyMs, jitterMs, clockOffsetMs, identityPath, accessKeysExpired, down } = {
      ...{ absent: 'absent' as const, latencyMs: 0, jitterMs: 0, clockOffsetMs: 0 },
      ...{ identityPath: '', accessKeysExpired: false, down: false },
    };
    await simulator.control.set({ absent, latencyMs, jitterMs, clockOffsetMs, identityPath, accessKeysExpired, down });
  });
  afterAll(async () => simulator.stop());

  const raw = async (path: string, signal?: AbortSignal) => {
    const answer = await request(`${simulator.url}/api${path}`, {
      headers: headersWith(token),
      ...(signal === undefined ? {} : { signal }),
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  };
  const me = async (signal?: AbortSignal) => raw('/users/me', signal);
  const range = 'start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z&limit=1000000';
  const long = `/signals/${idOf(`${SIGNALS} >> Fast`)}/samples?${range}`;

  it('answers any status, once, with an error body or without', async () => {
    for (const status of [400, 401, 403, 404, 406, 408, 409, 415, 429, 500, 502, 503, 504]) {
      await simulator.control.fail({ kind: 'status', status, times: 1 });
      const failed = await get('/users/me');
      expect(failed).toMatchObject({ status, body: { statusMessage: expect.any(String) as string } });
      expect(failed.headers['content-type']).toBe(MEDIA_TYPE);
      await simulator.control.fail({ kind: 'status', status, body: false, times: 1 });
      expect(await me()).toMatchObject({ status, text: '' });
      expect((await me()).status).toBe(200);
    }
    await simulator.control.fail({ kind: 'status', status: 503, retryAfter: '7', times: 2 });
    expect((await me()).headers['retry-after']).toBe('7');
    expect((await me()).status).toBe(503);
    expect((await me()).status).toBe(200);
  });

  it.each<[string, FaultKind]>([
    ['status 401', { kind: 'status', status: 401 }],
    ['status 403', { kind: 'status', status: 403 }],
    ['status 500', { kind: 'status', status: 500, body: false }],
    ['a page', { kind: 'html', status: 502 }],
    ['a page that looks like success', { kind: 'html', status: 200 }],
    ['a huge text', { kind: 'huge', bytes: 1000 }],
  ])('does nothing and gives nothing away in a call refused by %s', async (_what, fault) => {
    const good = ['x-sq-auth', 'x-sq-csrf', 'x-sq-identity-path', 'set-cookie', 'server-timing', 'server-meters'];
    await simulator.control.set({ identityPath: 'path', rotateToken: true, rotateVoidsOld: true });
    await simulator.control.fail(fault);
    const body = { username: ACCESS_KEY.name, password: ACCESS_KEY.password };
    for (const [path, options] of [
      ['/auth/login', { method: 'POST', body }],
      ['/auth/csrf', { headers: headersWith(token) }],
      ['/auth/logout', { method: 'DELETE', headers: headersWith(token) }],
      ['/users/me', { headers: headersWith(token) }],
    ] as const) {
      const refused = await request(`${simulator.url}/api${path}`, {
        method: 'method' in options ? options.method : 'GET',
        headers: 'headers' in options ? options.headers : headersWith(''),
        ...('body' in options ? { body: JSON.stringify(options.body) } : {}),
      });
      expect(refused.statusCode, path).toBe('status' in fault ? fault.status : 500);
      for (const name of good) expect(Object.keys(refused.headers), path).not.toContain(name);
      await refused.body.dump();
    }
    await simulator.control.heal();
    await simulator.control.set({ rotateToken: false, rotateVoidsOld: false });
    expect((await me()).status).toBe(200);
  });

  it('fails at a rate by a fixed sequence, the same each time it is armed', async () => {
    const statuses = async () => {
      await simulator.control.fail({ kind: 'status', status: 500, rate: 0.3, operation: 'get_open_ping' });
      const seen: number[] = [];
      for (let n = 0; n < 100; n += 1) seen.push((await call(simulator.url, '/system/open-ping')).status);
      await simulator.control.heal();
      return seen;
    };
    const seen = await statuses();
    const failed = seen.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
    expect(await statuses()).toEqual(seen);
  });

  it('befalls only the operation or the path that is named', async () => {
    await simulator.control.fail({ kind: 'status', status: 500, operation: 'get_item_preview' });
    await simulator.control.fail({ kind: 'status', status: 502, path: '/folders/' });
    const id = idOf('Example');
    expect((await get(`/items/${id}`)).status).toBe(200);
    expect((await get(`/items/${id}/preview`)).status).toBe(500);
    expect((await get('/folders')).status).toBe(200);
    expect((await get('/folders/mine')).status).toBe(502);
  });

  it('answers wrongly in every other way, and is well again after', async () => {
    const whole = await me();
    const { control } = simulator;
    await control.fail({ kind: 'html', status: 504, times: 1 });
    expect(await me()).toMatchObject({ status: 504, headers: { 'content-type': 'text/html' } });
    await control.fail({ kind: 'mediaType', mediaType: 'text/plain', times: 1 });
    expect(await me()).toMatchObject({ headers: { 'content-type': 'text/plain' }, text: whole.text });
    await control.fail({ kind: 'truncated', times: 1 });
    const truncated = (await me()).text;
    expect(truncated).toBe(whole.text.slice(0, truncated.length));
    expect(truncated.length).toBeLessThan(whole.text.length);
    await control.fail({ kind: 'invalidJson', times: 1 });
    const invalid = await me();
    expect(() => JSON.parse(invalid.text) as unknown).toThrow();
    await control.fail({ kind: 'huge', bytes: 3_000_000, times: 1 });
    const huge = await me();
    expect((JSON.parse(huge.text) as { statusMessage: string }).statusMessage).toHaveLength(3_000_000);
    await control.fail({ kind: 'slow', bytes: 50, pauseMs: 1, times: 1 });
    expect((await me()).text).toBe(whole.text);
    await control.fail({ kind: 'half', times: 1 });
    await expect(me()).rejects.toThrow();
    await control.fail({ kind: 'reset', times: 1 });
    await expect(me()).rejects.toThrow();
    await control.set({ down: true });
    await expect(me()).rejects.toThrow();
    await control.set({ down: false });
    expect((await me()).text).toBe(whole.text);
  });

  it('cuts a long answer without making the rest of it', async () => {
    await simulator.control.fail({ kind: 'truncated', times: 1 });
    const truncated = await raw(long);
    expect(truncated.text.length).toBe(1_048_576);
    expect(() => JSON.parse(truncated.text) as unknown).toThrow();
    await simulator.control.fail({ kind: 'half', times: 1 });
    const half = httpGet(`${simulator.url}/api${long}`, { headers: headersWith(token), agent: false });
    const [response] = (await once(half, 'response')) as [IncomingMessage];
    let size = 0;
    response.on('data', (part: Buffer) => (size += part.length));
    await once(response, 'error');
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(1_048_576);
    expect(response.complete).toBe(false);
  });

  it('hangs until it is healed or the caller goes', async () => {
    await simulator.control.fail({ kind: 'hang', path: '/users/me' });
    const hanging = me();
    const given = new AbortController();
    const left = me(given.signal);
    given.abort();
    await expect(left).rejects.toThrow();
    expect((await call(simulator.url, '/system/server-status')).status).toBe(200);
    await simulator.control.heal();
    expect((await hanging).status).toBe(200);
  });

  it('delays one operation, or all by a fixed time or by chance, and forgets a caller that goes', async () => {
    const AN_HOUR = 3_600_000;
    const cases = [
      async () => simulator.control.fail({ kind: 'latency', ms: AN_HOUR, operation: 'get_me' }),
      async () => simulator.control.set({ latencyMs: AN_HOUR }),
      async () => simulator.control.set({ jitterMs: AN_HOUR }),
    ];
    for (const arm of cases) {
      await simulator.control.clearRequests();
      await arm();
      const given = new AbortController();
      const delayed = me(given.signal);
      const waiting = async () => (await simulator.control.requests()).find(({ operation }) => operation === 'get_me');
      while ((await waiting()) === undefined) await new Promise(setImmediate);
      expect(await waiting()).toMatchObject({ ended: false, status: undefined });
      given.abort();
      await expect(delayed).rejects.toThrow();
      await simulator.control.heal();
      await simulator.control.set({ latencyMs: 0, jitterMs: 0 });
      expect((await me()).status).toBe(200);
    }
    await simulator.control.set({ latencyMs: 1, jitterMs: 1 });
    expect((await me()).status).toBe(200);
  });

  it('shifts the clock of the server, and with it its data and its sessions', async () => {
    const newest = async () => {
      const path = `/signals/${idOf(`${SIGNALS} >> Fast`)}/sample/2030-01-01T00:00:00Z`;
      return ((await get(path, { query: { lookup: 'AtOrBefore' } })).body as Models['GetSampleOutputV1']).sample?.key;
    };
    expect(await newest()).toBe('2026-05-20T10:30:00Z');
    await simulator.control.set({ clockOffsetMs: 90_000 });
    expect(await newest()).toBe('2026-05-20T10:31:30Z');
    await simulator.control.set({ clockOffsetMs: 2 * 86_400_000 });
    expect((await me()).status).toBe(401);
    await simulator.control.set({ clockOffsetMs: 0 });
    token = await login(simulator.url);
    get = await caller(simulator.url);
  });

  it('lets access keys expire, of one account or of all, while users and sessions go on', async () => {
    const key = { username: ACCESS_KEY.name, password: ACCESS_KEY.password };
    const logIn = async (body: object) => (await call(simulator.url, '/auth/login', { method: 'POST', body })).status;
    const session = await login(simulator.url, ACCESS_KEY);
    await simulator.control.set({ accessKeysExpired: true });
    expect(await logIn(key)).toBe(401);
    expect(await logIn({ username: USER.name, password: USER.password })).toBe(200);
    expect((await call(simulator.url, '/users/me', { headers: headersWith(session) })).status).toBe(200);
    await simulator.control.set({ accessKeysExpired: false });
    expect(await logIn(key)).toBe(200);
    const accounts = [{ kind: 'accessKey', name: 'old', password: 'key', expired: true }] as const;
    const other = await startSeeqSimulator({ port: 0, accounts });
    const body = { username: 'old', password: 'key' };
    expect((await call(other.url, '/auth/login', { method: 'POST', body })).status).toBe(401);
    await other.stop();
  });

  it('gives an identity path with a log-in, and notes whether it comes back', async () => {
    await simulator.control.set({ identityPath: 'tenant/1' });
    const body = { username: USER.name, password: USER.password };
    const answer = await call(simulator.url, '/auth/login', { method: 'POST', body });
    expect(answer.headers['x-sq-identity-path']).toBe('tenant/1');
    await call(simulator.url, '/users/me', { headers: { ...headersWith(token), 'x-sq-identity-path': 'tenant/1' } });
    expect((await simulator.control.requests()).at(-1)?.headers).toMatchObject({ 'x-sq-identity-path': 'tenant/1' });
  });

  it('keeps a log of the requests seen, without tokens or passwords', async () => {
    await simulator.control.clearRequests();
    await get('/items', { query: { filters: ['Name==Shifts'] } });
    await get('/nothing');
    const [found, missing] = await simulator.control.requests();
    expect(found).toMatchObject({
      method: 'GET',
      path: '/api/items',
      operation: 'search_items',
      status: 200,
      complete: true,
    });
    expect(found?.query).toContain('filters=Name');
    expect(missing).toMatchObject({ path: '/api/nothing', operation: undefined, status: 404 });
    expect(JSON.stringify(await simulator.control.requests())).not.toContain(token);
  });

  it('writes members without value as null if configured, always or in every second answer, and answers the same otherwise', async () => {
    const paths = [
      `/items/${idOf('Example')}`,
      `/conditions/${idOf('Special Cases >> Conditions >> Always')}/capsules?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z`,
      `/signals/${idOf(`${SIGNALS} >> Bad Text`)}/samples?start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z`,
      '/formulas/run?formula=SCALAR.INVALID',
      '/items?filters=Temperature',
    ];
    for (const path of paths) {
      await simulator.control.set({ absent: 'absent' });
      const absent = await get(path);
      await simulator.control.set({ absent: 'null' });
      const nulls = await get(path);
      expect(absent.text).not.toContain(':null');
      expect(nulls.text).toContain(':null');
      expect(JSON.parse(nulls.text, (_name, value: unknown) => value ?? undefined)).toEqual(absent.body);
      await simulator.control.set({ absent: 'mixed' });
      const mixed = [(await get(path)).text, (await get(path)).text];
      expect(mixed.map((text) => text.includes(':null')).sort()).toEqual([false, true]);
    }
  });
});
