import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEDIA_TYPE } from './http/description.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { call, headersWith, idOf, login, NOW, SIGNALS, type CallOptions } from './testing.ts';

describe('strictness of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let token: string;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    token = await login(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const get = async (path: string, options: CallOptions = {}) =>
    call(simulator.url, path, { headers: headersWith(token), ...options });
  const raw = async (text: string): Promise<string> => {
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    socket.end(text);
    let answer = '';
    socket.on('data', (part: Buffer) => (answer += part.toString()));
    await once(socket, 'close');
    return answer;
  };

  it('answers 406 to another Accept', async () => {
    for (const accept of ['application/json', 'text/html', 'application/vnd.seeq.v2+json']) {
      const answer = await get('/users/me', { headers: { ...headersWith(token), accept } });
      expect(answer, accept).toMatchObject({
        status: 406,
        body: { statusMessage: expect.stringContaining(accept) as string },
      });
    }
    for (const accept of ['*/*', `text/html, ${MEDIA_TYPE};q=0.9`, `${MEDIA_TYPE}; charset=utf-8`]) {
      expect((await get('/users/me', { headers: { ...headersWith(token), accept } })).status, accept).toBe(200);
    }
  });

  it('answers 415 to another Content-Type, also on GET, and to none where there is a body', async () => {
    const json = { accept: MEDIA_TYPE, 'content-type': 'application/json', 'x-sq-auth': token };
    expect((await get('/users/me', { headers: json })).status).toBe(415);
    const body = { username: 'a', password: 'b' };
    expect((await call(simulator.url, '/auth/login', { method: 'POST', headers: json, body })).status).toBe(415);
    expect(
      (await call(simulator.url, '/auth/login', { method: 'POST', headers: { accept: MEDIA_TYPE }, body })).status,
    ).toBe(415);
    expect((await get('/users/me', { headers: { accept: MEDIA_TYPE, 'x-sq-auth': token } })).status).toBe(200);
  });

  it('refuses an id that is not a GUID, with 400 and not with 500', async () => {
    for (const path of ['/items/BAD!', '/signals/BAD!/sample/now', '/trees/assets/1', '/workbooks/%20/worksheets']) {
      expect(await get(path), path).toMatchObject({
        status: 400,
        body: { statusMessage: expect.stringContaining('GUID') as string },
      });
    }
  });

  it('takes a GUID in either case', async () => {
    const id = idOf('Example');
    expect((await get(`/items/${id.toLowerCase()}`)).body).toMatchObject({ id });
  });

  it('answers 404 to an id, a path and a kind of item that it does not have', async () => {
    expect((await get(`/items/${idOf('Nothing')}`)).status).toBe(404);
    expect((await get('/nothing')).status).toBe(404);
    expect((await get(`/signals/${idOf('Example')}`)).status).toBe(404);
    expect(await raw('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 404[\s\S]*statusMessage/,
    );
  });

  it('answers 405 to a method that a path does not have', async () => {
    expect((await get('/users/me', { method: 'PUT' })).status).toBe(405);
  });

  it('answers 403 to the data of a redacted item, and shows that it exists', async () => {
    const id = idOf('Special Cases >> Hidden >> Redacted');
    expect((await get(`/items/${id}`)).body).toMatchObject({ isRedacted: true });
    expect((await get(`/signals/${id}/sample/2026-01-01T00:00:00Z`)).status).toBe(403);
  });

  it('refuses parameters that are missing, misspelt, doubled or of the wrong kind, by name', async () => {
    const path = `/signals/${idOf(`${SIGNALS} >> Fast`)}/samples`;
    const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' };
    const cases: [name: string, query: NonNullable<CallOptions['query']>][] = [
      ['end', { start: range.start }],
      ['start', { ...range, start: 'yesterday' }],
      ['start', { ...range, start: '2026-01-01T00:00:00' }],
      ['boundaryValue', { ...range, boundaryValue: 'Outside' }],
      ['boundaryValues', { ...range, boundaryValues: 'outside' }],
      ['limit', { ...range, limit: 'many' }],
      ['limit', { ...range, limit: 0 }],
      ['inflate', { ...range, inflate: 'yes' }],
      ['period', { ...range, period: 'often' }],
      ['end', { ...range, end: ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'] }],
      ['offset', { ...range, offset: 10 }],
    ];
    for (const [name, query] of cases) {
      expect(await get(path, { query }), JSON.stringify(query)).toMatchObject({
        status: 400,
        body: { statusMessage: expect.stringContaining(`'${name}'`) as string },
      });
    }
    await simulator.control.set({ refuseUnknownParameters: false });
    expect((await get(path, { query: { ...range, boundaryValue: 'Outside' } })).status).toBe(200);
    await simulator.control.set({ refuseUnknownParameters: true });
  });

  it('refuses a body that is not JSON, or has members of the wrong kind', async () => {
    const post = async (body: unknown) => get('/items', { method: 'POST', body });
    expect((await post('{')).status).toBe(400);
    expect((await post('')).status).toBe(400);
    expect((await post([])).status).toBe(400);
    expect(await post({ filters: 'Name==x', limit: 'all' })).toMatchObject({
      status: 400,
      body: { _embedded: { errors: [{ message: expect.stringContaining('/filters') as string }, {}] } },
    });
  });

  it('answers in the shape of Seeq to what is not HTTP, and to broken percent-encoding', async () => {
    expect(await raw('rubbish\r\n\r\n')).toMatch(/^HTTP\/1.1 400[\s\S]*statusMessage/);
    expect(await raw(`GET /api/items/%ZZ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
  });

  it('answers every error with the media type of Seeq', async () => {
    for (const path of ['/nothing', '/items/BAD!', '/users/me']) {
      expect((await get(path, { headers: {} })).headers['content-type']).toBe(MEDIA_TYPE);
    }
  });
});
