/** The HTTP server: which request is answered how, and by whom it may be sent. */
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/http/route.ts';
import { sendText } from '../../../src/http/send.ts';
import { get, raw, serverForTest, tokenOf } from './support.ts';

const TOKEN = 'a-token-that-no-one-guesses';

const answer = (text: string): Route['handle'] => {
  return (_request, response, { user }) => {
    sendText(response, 200, user === undefined ? text : `${text} for ${user}`);
  };
};
const routes: readonly Route[] = [
  { path: '/login', access: 'public', handle: answer('login') },
  { path: '/livez', access: 'open', handle: answer('live') },
  { path: '/page', access: 'guarded', handle: answer('page') },
];

/** The status of each route, in the order of `routes`. */
async function statuses(port: number, headers: Record<string, string> = {}): Promise<(number | undefined)[]> {
  return Promise.all(routes.map(async ({ path }) => (await get(port, path, { headers })).status));
}

describe('who may use what', () => {
  it('without a token, clients on this machine may use everything', async () => {
    const { port } = await serverForTest(routes);
    expect(await statuses(port)).toEqual([200, 200, 200]);
  });

  it('with a token, it is needed for everything but the log-in form', async () => {
    const { port } = await serverForTest(routes, { token: tokenOf(() => TOKEN) });
    expect(await statuses(port)).toEqual([200, 401, 401]);
    for (const wrong of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      expect(await statuses(port, { authorization: wrong })).toEqual([200, 401, 401]);
    }
    expect(await statuses(port, { authorization: `Bearer ${TOKEN}` })).toEqual([200, 200, 200]);
  });

  it('open probes and metrics need none', async () => {
    const { port } = await serverForTest(routes, { token: tokenOf(() => TOKEN), access: 'open' });
    expect(await statuses(port)).toEqual([200, 200, 401]);
  });

  it('the page is closed to other machines without a token', async () => {
    const { port } = await serverForTest(routes, { address: '0.0.0.0', access: 'open' });
    expect(await statuses(port)).toEqual([200, 200, 403]);
  });

  it('a changed token applies to the next request', async () => {
    let token = TOKEN;
    const { port } = await serverForTest(routes, { token: tokenOf(() => token) });
    token = 'another-token-of-this-test';
    expect(await statuses(port, { authorization: `Bearer ${TOKEN}` })).toEqual([200, 401, 401]);
    expect(await statuses(port, { authorization: `Bearer ${token}` })).toEqual([200, 200, 200]);
  });

  it('a token that cannot be read is an error of the driver, which its log explains', async () => {
    const { port, log } = await serverForTest(routes, {
      token: tokenOf(() => {
        throw new Error('settings.http.token: the file is gone');
      }),
    });
    expect(await statuses(port, { authorization: `Bearer ${TOKEN}` })).toEqual([200, 500, 500]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error' });
  });

  it('the header of a trusted proxy counts, and only from there', async () => {
    const trusted = { trustedHeader: 'X-Forwarded-User' };
    const { get: from } = await serverForTest(routes, trusted);
    expect((await from('/page')).status).toBe(401);
    expect(await from('/page', { headers: { 'x-forwarded-user': 'ann' } })).toMatchObject({ text: 'page for ann' });
    const { get: fromOther } = await serverForTest(routes, { ...trusted, trustedProxies: ['10.0.0.0/8'] });
    expect((await fromOther('/page', { headers: { 'x-forwarded-user': 'ann' } })).status).toBe(401);
  });

  it('another website cannot read it by a name of its own', async () => {
    const { get: from } = await serverForTest(routes, { hostNames: ['status.example.com'] });
    const statusFor = async (host: string) => (await from('/page', { headers: { host } })).status;
    for (const host of [
      'localhost',
      'localhost:1',
      '127.0.0.1:80',
      '[::1]:80',
      'app.localhost',
      'status.example.com',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      expect([host, await statusFor(host)]).toEqual([host, 421]);
    }
  });
});

describe('requests that have no answer', () => {
  it('other paths', async () => {
    const { get: from } = await serverForTest(routes);
    for (const path of ['/', '/livez/', '/LIVEZ', '//livez', '/x/../livez', '/%6civez', '/livez%00']) {
      expect([path, (await from(path)).status]).toEqual([path, 404]);
    }
    expect((await from('/livez?verbose')).status).toBe(200);
  });

  it('other methods', async () => {
    const { get: from, port } = await serverForTest(routes);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const { status, headers } = await from('/livez', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    expect(await raw(port, 'BREW /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  });

  it('a HEAD request has the headers of a GET request', async () => {
    const { get: from } = await serverForTest(routes);
    const { status, headers, text } = await from('/livez', { method: 'HEAD' });
    expect([status, headers['content-length'], text]).toEqual([200, '4', '']);
  });

  it('a body', async () => {
    const { port } = await serverForTest(routes);
    const head = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';
    // The body looks like a request, and is not read as one.
    const inner = 'GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answers = await raw(port, `${head}Content-Length: ${inner.length}\r\n\r\n${inner}`);
    expect(answers).toMatch(/^HTTP\/1.1 413 /);
    expect(answers.match(/HTTP\/1.1/g)).toHaveLength(1);
  });
});
