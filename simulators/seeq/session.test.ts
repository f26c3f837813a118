import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEDIA_TYPE } from './http/description.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { ACCESS_KEY, call, DIRECTORY_USER, headersWith, login, NOW, USER } from './testing.ts';

describe('sessions of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let clock = NOW;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0, sessionSeconds: 600 }, () => clock);
  });
  afterAll(async () => simulator.stop());

  const logIn = async (body: object) => call(simulator.url, '/auth/login', { method: 'POST', body });
  const me = async (headers: Record<string, string>) => call(simulator.url, '/users/me', { headers });

  it('lists the directories without a session', async () => {
    const answer = await call(simulator.url, '/auth/providers');
    expect(answer.body).toMatchObject({
      authProviders: [
        { name: 'Seeq', datasourceClass: 'Auth', datasourceId: 'Seeq' },
        { name: 'Plant Directory', datasourceId: 'plant' },
      ],
    });
  });

  it('reports version and state without a session', async () => {
    const answer = await call(simulator.url, '/system/server-status');
    expect(answer.body).toMatchObject({ version: expect.stringMatching(/^66\./) as string });
  });

  it('logs in by user and password, and by access key, without a provider', async () => {
    for (const account of [USER, ACCESS_KEY]) {
      const answer = await logIn({ username: account.name, password: account.password });
      expect(answer).toMatchObject({ status: 200, body: { username: account.name } });
      expect(answer.headers).toMatchObject({
        'x-sq-auth': expect.any(String) as string,
        'x-sq-csrf': expect.any(String) as string,
        'set-cookie': expect.stringContaining('sq-auth=') as string,
      });
    }
  });

  it('logs in at another directory by its class and id, and only there', async () => {
    const credentials = { username: DIRECTORY_USER.name, password: DIRECTORY_USER.password };
    const there = { authProviderClass: 'Simulated Directory', authProviderId: 'plant' };
    expect((await logIn({ ...credentials, ...there })).status).toBe(200);
    expect((await logIn(credentials)).status).toBe(401);
    expect((await logIn({ username: USER.name, password: USER.password, ...there })).status).toBe(401);
  });

  it('answers 401 with a message to wrong credentials', async () => {
    const answer = await logIn({ username: USER.name, password: 'wrong' });
    expect(answer).toMatchObject({ status: 401, body: { statusMessage: expect.any(String) as string } });
    expect(answer.headers['x-sq-auth']).toBeUndefined();
    expect((await logIn({})).status).toBe(401);
  });

  it('answers 401 without a token and with one that it does not know', async () => {
    expect((await me({ accept: MEDIA_TYPE })).status).toBe(401);
    expect((await me(headersWith('stale'))).status).toBe(401);
  });

  it('keeps the token of an earlier login valid after a later one', async () => {
    const first = await login(simulator.url);
    const second = await login(simulator.url);
    expect(second).not.toBe(first);
    expect((await me(headersWith(first))).status).toBe(200);
    expect((await me(headersWith(second))).status).toBe(200);
  });

  it('takes the cookie only together with the CSRF token', async () => {
    const answer = await logIn({ username: USER.name, password: USER.password });
    const cookie = `other=1; sq-auth=${String(answer.headers['x-sq-auth'])}`;
    const csrf = String(answer.headers['x-sq-csrf']);
    expect((await me({ accept: MEDIA_TYPE, cookie })).status).toBe(403);
    expect((await me({ accept: MEDIA_TYPE, cookie, 'x-sq-csrf': csrf })).status).toBe(200);
    const fetched = await call(simulator.url, '/auth/csrf', {
      headers: headersWith(String(answer.headers['x-sq-auth'])),
    });
    expect(fetched.headers['x-sq-csrf']).toBe(csrf);
  });

  it('makes the token of a logout unusable, and no other', async () => {
    const [gone, kept] = [await login(simulator.url), await login(simulator.url)];
    const answer = await call(simulator.url, '/auth/logout', { method: 'DELETE', headers: headersWith(gone) });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect((await me(headersWith(gone))).status).toBe(401);
    expect((await me(headersWith(kept))).status).toBe(200);
  });

  it('ends a session after its absolute life, however much it is used', async () => {
    const token = await login(simulator.url);
    clock += 599_000;
    expect((await me(headersWith(token))).status).toBe(200);
    clock += 2_000;
    expect((await me(headersWith(token))).status).toBe(401);
  });

  it('sends a new token with any answer if configured, and can void the old one', async () => {
    const token = await login(simulator.url);
    await simulator.control.set({ rotateToken: true, rotateVoidsOld: true });
    const answer = await me(headersWith(token));
    await simulator.control.set({ rotateToken: false });
    const fresh = String(answer.headers['x-sq-auth']);
    expect(fresh).not.toBe(token);
    expect((await me(headersWith(fresh))).status).toBe(200);
    expect((await me(headersWith(token))).status).toBe(401);
  });

  it('forgets all sessions as a restart does', async () => {
    const token = await login(simulator.url);
    await simulator.control.voidTokens();
    expect((await me(headersWith(token))).status).toBe(401);
  });
});
