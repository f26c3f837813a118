/** The session: every way to log in, one log-in for all, tokens that change, end and are refused, and no storms. */
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../../src/config/secret.ts';
import { DriverError } from '../../../../../src/contract/errors.ts';
import type { SeeqCredentials } from '../../../../../src/sources/seeq/connection/session.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import type { SeeqSimulator } from '../../../../../simulators/seeq/simulator.ts';
import { skippingClock } from '../../../../support/skipping-clock.ts';
import { answering, MEDIA_TYPE, raw } from '../misbehaving-server.ts';
import { accessKey, endingCall, freeCall, idOf, openSource, plant, query, rejection } from '../support.ts';

const user = (name: string, password: string, directory: string): SeeqCredentials => ({
  kind: 'user',
  user: new Secret(name),
  password: new Secret(password),
  directory,
});
const read = (source: SeeqSource, call = freeCall(), name = 'Example') => source.properties(idOf(name), call);
const logins = async (seeq: SeeqSimulator) =>
  (await seeq.control.requests()).filter(({ operation }) => operation === 'login').length;
/** Calls that differ from each other, since identical ones would be one. */
const many = (source: SeeqSource, count: number) =>
  Array.from({ length: count }, (_, limit) => source.search(query({ limit: limit + 1 }), freeCall()));

describe('a log-in', () => {
  it.each<[string, SeeqCredentials]>([
    ['by access key', accessKey],
    ["by a user of Seeq's own directory", user('reader@example.com', 'reader-password', 'Seeq')],
    ['by a user of another directory', user('operator', 'operator-password', 'Plant Directory')],
    ['by a directory in other letters', user('operator', 'operator-password', 'plant directory')],
  ])('%s opens the server', async (_how, credentials) => {
    const { seeq, source } = await plant({}, { credentials });
    expect(await read(source)).toMatchObject({ name: 'Example' });
    expect(await logins(seeq)).toBe(1);
  });

  it.each<[string, SeeqCredentials, string]>([
    [
      'with a wrong password',
      user('reader@example.com', 'wrong-password', 'Seeq'),
      "did not accept the driver's log-in: The username or the password is not right",
    ],
    ['in the wrong directory', user('operator', 'operator-password', 'Seeq'), 'did not accept'],
    [
      'in an unknown directory',
      user('operator', 'operator-password', 'Nowhere'),
      'has no directory "Nowhere"; it offers "Seeq", "Plant Directory"',
    ],
  ])('%s is reported, and not tried again for every call', async (_how, credentials, text) => {
    const { seeq, source } = await plant({}, { credentials });
    for (const error of await Promise.all([...many(source, 20), read(source)].map(rejection))) {
      expect(error).toMatchObject({ code: 'unauthorized', retryable: false });
      expect(error.message).toContain(text);
    }
    await rejection(read(source));
    // Besides, the directories may be asked for once, to name them in the error.
    for (const operation of ['login', 'get_auth_providers']) {
      expect((await seeq.control.requests()).filter((seen) => seen.operation === operation).length).toBeLessThan(2);
    }
    expect((await seeq.control.requests()).length).toBeLessThanOrEqual(2);
  });

  it.each<[string, SeeqCredentials, string[]]>([
    [
      'an access key, with its age and a better way',
      accessKey,
      ['14 days', '24 hours in R58', 'log-in in a browser', "Seeq's Applications", '"accessKey" and "password"'],
    ],
    [
      'a user, with the directories of the server',
      user('operator', 'wrong-password-1', 'Seeq'),
      ['it belongs', '"Plant Directory"'],
    ],
    [
      'a blank in a password',
      user('operator', 'operator-password ', 'Plant Directory'),
      ['password begins or ends with a blank'],
    ],
    [
      'a line break in a user',
      user('operator\n', 'operator-password', 'Plant Directory'),
      ['user begins or ends with a blank or a line break'],
    ],
  ])('that is refused names the likely causes: %s', async (_what, credentials, texts) => {
    const { seeq, source } = await plant({ behaviour: { accessKeysExpired: true } }, { credentials });
    const error = await rejection(read(source));
    expect(error).toMatchObject({ code: 'unauthorized', retryable: false });
    for (const text of texts)
      expect(error.message).toContain(text === 'it belongs' ? 'belongs to another directory than "Seeq"' : text);
    expect(error.message).not.toContain(await credentials.password.reveal());
    expect((await source.probe(freeCall())).message).toBe(error.message);
    await seeq.stop();
  });

  it('that lists directories in another form is refused for the odd ones only', async () => {
    const authProviders = [
      null,
      5,
      { name: null },
      { name: 'Plant Directory', datasourceClass: 'C', datasourceId: 'I' },
      [],
    ];
    const seen: unknown[] = [];
    const url = await answering(
      ({ path }) => ({ body: path.endsWith('/auth/providers') ? { authProviders } : { name: 'x', properties: [] } }),
      ({ body }) => {
        seen.push(JSON.parse(body));
        return { headers: { 'x-sq-auth': 'token-of-a-log-in' }, body: {} };
      },
    );
    await read(openSource(url, { credentials: user('operator', 'operator-password', 'Plant Directory') }));
    expect(seen).toMatchObject([{ authProviderClass: 'C', authProviderId: 'I' }]);
    const odd = openSource(await answering(() => ({ body: { authProviders: 'none' } })), {
      credentials: user('operator', 'operator-password', 'Plant Directory'),
    });
    const error = await rejection(read(odd));
    expect(error.code).toBe('sourceError');
    expect(error.message).toContain('"authProviders" is text, not a list');
  });

  it.each([
    ['no token', () => ({ body: {} }), 'sourceError', 'gave no session token'],
    ['too many log-ins', () => ({ status: 429, headers: { 'retry-after': '7' } }), 'overloaded', 'has too much to do'],
    [
      'a page of a proxy',
      () => ({ headers: { 'content-type': 'text/html' }, body: '<html>' }),
      'sourceError',
      '"text/html" instead of JSON',
    ],
  ])('that is answered with %s fails clearly', async (_what, answer, code, text) => {
    const error = await rejection(read(openSource(await answering(() => ({}), answer), { clock: skippingClock() })));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it('that a server cannot list directories for is reported', async () => {
    const credentials = user('operator', 'operator-password', 'Plant Directory');
    const refused = openSource(await answering(() => ({ status: 500, body: { statusMessage: 'no list' } })), {
      credentials,
    });
    expect((await rejection(read(refused))).message).toContain('no list');
    const none = openSource(await answering(() => ({ body: {} })), { credentials });
    expect((await rejection(read(none))).message).toContain('it offers none');
  });
});

describe('the waiting calls', () => {
  it('share one log-in', async () => {
    const { seeq, source } = await plant();
    await Promise.all(many(source, 50));
    expect(await logins(seeq)).toBe(1);
  });

  it('share one log-in when the session has ended in between', async () => {
    const { seeq, source } = await plant({ sessionSeconds: 3600 });
    await read(source);
    await seeq.control.set({ clockOffsetMs: 3_600_001 });
    await seeq.control.clearRequests();
    await Promise.all(many(source, 50));
    expect(await logins(seeq)).toBe(1);
    expect((await seeq.control.requests()).filter(({ status }) => status === 401).length).toBeLessThanOrEqual(50);
  });

  it('go on after a restart of the server has voided all sessions', async () => {
    const { seeq, source } = await plant();
    await Promise.all(many(source, 5));
    await seeq.control.voidTokens();
    expect(await Promise.all(many(source, 50))).toHaveLength(50);
    expect(await logins(seeq)).toBe(2);
  });

  it('do not wait longer than their own budget, nor end the log-in of the others', async () => {
    const { seeq, source } = await plant();
    await seeq.control.fail({ kind: 'hang', operation: 'login', times: 1 });
    const impatient = endingCall();
    const [first, second] = [rejection(read(source, impatient.call)), read(source)];
    impatient.end();
    expect(await first).toMatchObject({ code: 'timeout' });
    await seeq.control.heal();
    expect(await second).toMatchObject({ name: 'Example' });
    expect(await logins(seeq)).toBe(1);
  });

  it('whose budget has ended begin no log-in', async () => {
    const { seeq, source } = await plant();
    const reason = new DriverError('timeout', 'over');
    expect(await rejection(read(source, freeCall(AbortSignal.abort(reason))))).toBe(reason);
    expect(await seeq.control.requests()).toEqual([]);
  });
});

describe('a token', () => {
  it.each([false, true])('that every answer renews is used from then on (old one void: %s)', async (rotateVoidsOld) => {
    const { seeq, source } = await plant({ behaviour: { rotateToken: true, rotateVoidsOld } });
    for (let n = 0; n < 10; n++) await read(source);
    expect(await logins(seeq)).toBe(1);
    expect((await seeq.control.requests()).every(({ status }) => status === 200)).toBe(true);
  });

  it('that every answer renews and voids serves calls at once, too', async () => {
    const { source } = await plant({ behaviour: { rotateToken: true, rotateVoidsOld: true } });
    expect(await Promise.all(many(source, 8))).toHaveLength(8);
    expect(await Promise.all(many(source, 8))).toHaveLength(8);
  });

  it.each([400, 401, 403, 404, 500, 503])('in an answer that refuses with %i is not taken', async (status) => {
    const used: unknown[] = [];
    let refusing = true;
    const url = await answering(
      ({ token }) => {
        used.push(token);
        if (!refusing) return { body: { name: 'x', properties: [] } };
        return { status, headers: { 'x-sq-auth': 'token-of-a-refusal', 'retry-after': '60' } };
      },
      () =>
        refusing ? { status, headers: { 'x-sq-auth': 'token-of-a-refusal' } } : { headers: { 'x-sq-auth': 'good' } },
    );
    const source = openSource(url, { clock: skippingClock() });
    expect((await source.probe(freeCall())).state).not.toBe('up');
    await rejection(read(source));
    refusing = false;
    await read(source).catch(() => undefined);
    expect(used).not.toContain('token-of-a-refusal');
  });

  it('of an answer to an older session does not replace the newer one', async () => {
    let sessions = 0;
    const tokens: unknown[] = [];
    const held = Promise.withResolvers<() => void>();
    const url = await raw((request, response) => {
      const good = { 'content-type': MEDIA_TYPE };
      if (request.url?.endsWith('/auth/login') === true) {
        response.writeHead(200, { ...good, 'x-sq-auth': `session-${++sessions}` }).end('{}');
        return;
      }
      const body = '{"id":"x","name":"Example","type":"Asset","properties":[]}';
      switch (tokens.push(request.headers['x-sq-auth'])) {
        case 1: // Answered long after the session has ended, with a fresh token of it.
          held.resolve(() => response.writeHead(200, { ...good, 'x-sq-auth': 'session-1-renewed' }).end(body));
          return;
        case 2:
          response.writeHead(401, good).end('{}');
          return;
        default:
          response.writeHead(200, good).end(body);
      }
    });
    const source = openSource(url);
    const early = read(source);
    const release = await held.promise;
    await read(source, freeCall(), 'Maintenance');
    release();
    await early;
    await read(source);
    expect(tokens).toEqual(['session-1', 'session-1', 'session-2', 'session-2']);
  });

  it('that is always refused ends in one error and few log-ins, not in one for every call', async () => {
    let count = 0;
    const url = await answering(
      () => ({ status: 401, body: { statusMessage: 'no session' } }),
      () => ({ headers: { 'x-sq-auth': `session-${++count}` }, body: {} }),
    );
    const source = openSource(url);
    for (let round = 0; round < 5; round++) {
      for (const error of await Promise.all(many(source, 20).map(rejection)))
        expect(error).toMatchObject({ code: 'unauthorized' });
    }
    expect(count).toBeLessThanOrEqual(4);
    expect((await rejection(read(source))).message).toContain('refuses the session');
  });
});

describe('the probe', () => {
  const probe = (source: SeeqSource) => source.probe(freeCall());

  it('reports state, version, latency and clock', async () => {
    const { source } = await plant();
    const status = await probe(source);
    expect(status).toEqual({
      state: 'up',
      version: expect.stringMatching(/^66\./) as string,
      latencyMs: expect.any(Number) as number,
      // Both have the clock of this machine. The header has whole seconds.
      clockAheadMs: expect.toSatisfy((ms: number) => Math.abs(ms) <= 60_000) as number,
    });
  });

  it('reports a wrong password together with the version', async () => {
    const { source } = await plant({}, { credentials: user('reader@example.com', 'wrong-password', 'Seeq') });
    expect(await probe(source)).toMatchObject({
      state: 'unauthorized',
      version: expect.any(String) as string,
      message: expect.stringContaining('log-in') as string,
    });
  });

  it('reports a server that is down or is no Seeq', async () => {
    const { seeq, source } = await plant();
    await seeq.stop();
    expect(await probe(source)).toMatchObject({
      state: 'down',
      version: null,
      latencyMs: null,
      message: expect.stringContaining('nothing listens') as string,
    });
    const other = openSource(await answering(() => ({ body: 'null' })));
    expect(await probe(other)).toMatchObject({
      state: 'down',
      message: expect.stringContaining('is this a Seeq server?') as string,
    });
  });

  it('is not held up by calls that wait for the server', async () => {
    const { seeq, source } = await plant({}, { connections: 2 });
    await read(source);
    await seeq.control.fail({ kind: 'hang', operation: 'search_items' });
    const budget = endingCall();
    const hanging = [1, 2].map(() => rejection(source.search(query(), budget.call)));
    expect(await probe(source)).toMatchObject({ state: 'up' });
    budget.end();
    await Promise.all(hanging);
  });
});
