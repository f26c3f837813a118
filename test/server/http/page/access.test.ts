/** Who may see the page, and that no secret is in it. */
import { describe, expect, it } from 'vitest';
import { get } from '../support.ts';
import { tokenOf } from '../support.ts';
import { pageForTest, State } from './support.ts';

const TOKEN = 'a-token-that-no-one-guesses';
const PAGES = ['/', '/readings', '/seneye', '/tags', '/events?page=/'];

const form = (token: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  body: `token=${encodeURIComponent(token)}`,
});

async function post(port: number, path: string, { body, ...options }: ReturnType<typeof form>) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...options, body, redirect: 'manual' });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('a page with a token', () => {
  it('leads a browser to the log-in, and shows everything after it', async () => {
    const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
    for (const path of PAGES) expect((await get(port, path)).status).toBe(401);
    const { status, headers, text } = await post(port, '/login', form(TOKEN));
    expect([status, headers.get('location')]).toEqual([303, '/']);
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
    expect(cookie + text).not.toContain(TOKEN);
    const session = cookie.split(';', 1)[0] ?? '';
    for (const path of PAGES.slice(0, 4)) {
      const page = await get(port, path, { headers: { cookie: session } });
      expect(page.status).toBe(200);
      expect(page.text).not.toContain(TOKEN);
    }
  });

  it('accepts no token in a URL', async () => {
    const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
    for (const path of [`/?token=${TOKEN}`, `/login?token=${TOKEN}`]) {
      const { headers, text } = await get(port, path);
      expect(headers['set-cookie']).toBeUndefined();
      expect(text).not.toContain(TOKEN);
    }
  });

  it('says that a token is wrong, and repeats nothing of it', async () => {
    const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
    const { status, headers, text } = await post(port, '/login', form('<b>wrong</b>'));
    expect([status, headers.get('set-cookie')]).toEqual([401, null]);
    expect(text).toContain('The token is wrong.');
    expect(text).not.toContain('<b>wrong');
  });

  it('takes no form of another website, and no other body', async () => {
    const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
    expect((await post(port, '/login', form(TOKEN, { 'sec-fetch-site': 'cross-site' }))).status).toBe(403);
    expect((await post(port, '/login', form(TOKEN, { origin: 'http://evil.example' }))).status).toBe(403);
    const json = { ...form(TOKEN), headers: { 'content-type': 'application/json' } };
    expect((await post(port, '/login', json)).status).toBe(400);
    expect((await post(port, '/login', form('x'.repeat(10_000)))).status).toBe(400);
  });

  it('ends the session at the log-out', async () => {
    const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
    const { status, headers } = await post(port, '/logout', form(''));
    expect([status, headers.get('location')]).toEqual([303, '/login']);
    expect(headers.get('set-cookie')).toMatch(/=; Path=\/; Max-Age=0/);
  });
});

it('the log-in form shows nothing of the driver', async () => {
  const { port } = await pageForTest(new State(), { token: tokenOf(() => TOKEN) });
  const { status, text } = await get(port, '/login');
  expect(status).toBe(200);
  for (const own of ['plant-driver', 'host-1', 'north', 'nats:4222']) expect(text).not.toContain(own);
});
