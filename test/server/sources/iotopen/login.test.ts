import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logInByHand } from '../../../../src/sources/iotopen/login/interactive-login.ts';
import { TokenFile } from '../../../../src/sources/iotopen/login/token-file.ts';
import { answerChallenge, logIn } from '../../../../src/sources/iotopen/login/user.ts';
import { openTransport } from '../../../../src/sources/iotopen/transport.ts';
import { connectPlain } from '../../../../simulators/support/mosquitto/index.ts';
import { API_KEY, clientOf, given, NEVER, startPlatform } from './support.ts';

const ASA = { kind: 'user', user: given('åsa@example.com'), password: given('pass:wörd') } as const;
const BO = { kind: 'user', user: given('bo@example.com'), password: given('bo-password') } as const;
const OAUTH = {
  kind: 'oauth',
  clientId: given('driver/1'),
  clientSecret: given('s3cr+t %'),
  refreshToken: given('first-refresh-token'),
} as const;

async function tokenFile(text?: string): Promise<TokenFile> {
  const folder = await mkdtemp(join(tmpdir(), 'iotopen-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'token');
  if (text !== undefined) await writeFile(file, text);
  return new TokenFile(file);
}

/** A source whose text can be changed. */
function changing(text: string) {
  const box = { text, reveal: () => Promise.resolve(box.text) };
  return box;
}

describe('each way to log in', () => {
  it.each([
    ['API key', API_KEY, 'token'],
    ['user and password in UTF-8', ASA, 'token'],
    ['OAuth 2', OAUTH, 'bearer'],
  ])('%s works on REST and on MQTT', async (_way, credentials, mqttUser) => {
    const simulator = await startPlatform();
    const platform = clientOf(simulator.url, { credentials });
    await platform.ping(NEVER);
    const { username, password } = await platform.mqttLogin(NEVER);
    expect(username).toBe(mqttUser);
    const client = await connectPlain(simulator.mqttUrl, { username, password, clientId: 'test' });
    await client.end();
  });

  it('takes the token that an operator has put into the file, and logs in no more', async () => {
    const simulator = await startPlatform();
    const file = await tokenFile();
    const transport = openTransport({
      ...{ url: simulator.url, tls: { insecureSkipVerify: false }, connections: 1 },
      ...{ connectTimeoutMs: 5000, requestTimeoutMs: 5000, userAgent: 'test' },
    });
    onTestFinished(() => transport.close());
    const desk = { platform: 'IoT Open', client: transport.client, conceal: (text: string) => text };
    const step = await logIn(desk, 'bo@example.com', 'bo-password', NEVER);
    expect(step.next).toBe('smslogin');
    await file.write(await answerChallenge(desk, step.token, '123456', NEVER));
    const { logins } = simulator.accounts;

    const platform = clientOf(simulator.url, { credentials: { ...BO, tokenFile: file } });
    await platform.ping(NEVER);
    const { username, password } = await platform.mqttLogin(NEVER);
    await (await connectPlain(simulator.mqttUrl, { username, password })).end();
    expect(simulator.accounts.logins).toBe(logins);
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  });
});

describe('a second factor', () => {
  it.each(['nextstep', 'next_step'] as const)('is noticed by %s, and asked for once only', async (nextStepName) => {
    const simulator = await startPlatform({ behaviour: { nextStepName } });
    const platform = clientOf(simulator.url, { credentials: BO, codeAdvice: 'Run the command.' });
    for (const _time of [1, 2, 3]) {
      await expect(platform.ping(NEVER)).rejects.toMatchObject({
        code: 'unauthorized',
        message: expect.stringMatching(/second factor \(smslogin\).*Run the command\./) as unknown,
      });
    }
    // Each log-in would send a code to a person.
    expect(simulator.accounts.logins).toBe(1);
  });

  it('gives a first token that is good for nothing else, and refuses a wrong code', async () => {
    const simulator = await startPlatform();
    const post = await fetch(`${simulator.url}/api/v2/auth`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('bo@example.com:bo-password').toString('base64')}` },
    });
    const { token, nextstep } = (await post.json()) as { token: string; nextstep: string };
    expect(nextstep).toBe('smslogin');
    const ping = await fetch(`${simulator.url}/api/v2/ping`, { headers: { 'x-api-key': token } });
    expect([ping.status, await ping.json()]).toEqual([401, { message: 'Unauthorized' }]);
    const put = await fetch(`${simulator.url}/api/v2/auth`, {
      method: 'PUT',
      headers: { 'x-api-key': token },
      body: JSON.stringify({ challenge: '000000' }),
    });
    expect(put.status).toBe(401);
  });

  it('of which the token ends is refused until there is another token, without a log-in', async () => {
    const simulator = await startPlatform();
    const file = await tokenFile('an-old-token');
    const platform = clientOf(simulator.url, { credentials: { ...BO, tokenFile: file }, codeAdvice: 'Run it.' });
    await expect(platform.ping(NEVER)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(platform.ping(NEVER)).rejects.toThrow(/does not accept the token in .*Run it/);
    expect(simulator.accounts.logins).toBe(0);
    await file.write('key-of-the-driver');
    await platform.ping(NEVER);
  });
});

describe('a refused log-in', () => {
  it('is no failure of the network, and is tried with new secrets only', async () => {
    const simulator = await startPlatform();
    const password = changing('wrong');
    const platform = clientOf(simulator.url, { credentials: { ...ASA, password } });
    for (const _time of [1, 2, 3])
      await expect(platform.ping(NEVER)).rejects.toMatchObject({ code: 'unauthorized', details: { status: 401 } });
    expect(simulator.accounts.logins).toBe(1);
    password.text = 'pass:wörd';
    await platform.ping(NEVER);
  });

  it('of a wrong key is not reported as a server that is not there', async () => {
    const simulator = await startPlatform();
    const wrong = clientOf(simulator.url, { credentials: { kind: 'key', key: given('wrong-key') } });
    await expect(wrong.ping(NEVER)).rejects.toMatchObject({ code: 'unauthorized' });
    const away = clientOf('http://127.0.0.1:1');
    await expect(away.ping(NEVER)).rejects.toMatchObject({ code: 'sourceUnavailable' });
  });

  it('of OAuth is not repeated at once', async () => {
    const simulator = await startPlatform();
    const platform = clientOf(simulator.url, { credentials: { ...OAUTH, refreshToken: given('wrong') } });
    for (const _time of [1, 2, 3]) await expect(platform.ping(NEVER)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(simulator.accounts.refreshes).toBe(1);
    const stranger = clientOf(simulator.url, { credentials: { ...OAUTH, clientSecret: given('another-secret-4711') } });
    await expect(stranger.ping(NEVER)).rejects.toThrow(/invalid_client/);
  });

  it('shows no secret', async () => {
    const simulator = await startPlatform();
    const secrets = ['wrong-key-4711', 'wrong-password-4711', 'wrong-refresh-4711', 'wrong-client-secret-4711'];
    const [key = '', password = '', refreshToken = '', clientSecret = ''] = secrets;
    const errors = await Promise.all(
      [
        { kind: 'key', key: given(key) } as const,
        { ...ASA, password: given(password) },
        { ...OAUTH, refreshToken: given(refreshToken) },
        { ...OAUTH, clientSecret: given(clientSecret) },
      ].map((credentials) =>
        clientOf(simulator.url, { credentials })
          .ping(NEVER)
          .catch((error: unknown) => error),
      ),
    );
    const text = inspect(errors, { depth: 10 });
    expect(errors.every((error) => error instanceof Error)).toBe(true);
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
    }
  });

  it('shows no secret that the platform repeats, in whatever encoding', async () => {
    const password = 'plant:pass/w0rd 4711';
    const server = createServer((request, response) => {
      const sent = String(request.headers.authorization).replace(/^Basic /, '');
      const plain = Buffer.from(sent, 'base64').toString();
      const forms = [sent, plain, encodeURIComponent(plain), Buffer.from(plain).toString('hex')];
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: `wrong: ${forms.join(' ')}` }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const [url, credentials] = [`http://127.0.0.1:${port}`, { ...ASA, password: given(password) }];
    const transport = {
      ...{ name: 'plant', url, tls: { insecureSkipVerify: false }, connections: 1, userAgent: 'test' },
    };
    const byHand = { ...transport, connectTimeoutMs: 5000, requestTimeoutMs: 5000 };
    for (const logIn of [
      () => clientOf(url, { credentials }).ping(NEVER),
      () => logInByHand(byHand, credentials, () => Promise.resolve('')),
    ]) {
      const error: unknown = await logIn().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: expect.stringContaining('wrong: ') as string });
      const shown = inspect(error, { depth: 10 });
      for (const form of [password, encodeURIComponent(password), Buffer.from(password).toString('hex')]) {
        expect(shown).not.toContain(form);
      }
      expect(shown).not.toContain(Buffer.from(password).toString('base64').slice(4, -4));
      expect(shown).not.toContain(Buffer.from(`åsa@example.com:${password}`).toString('base64').slice(-16, -4));
    }
  });

  it.each([
    ['two lines', 'key\nof-the-driver-4711'],
    ['letters beyond ASCII', 'key–of-the-driver-4711'],
  ])('shows no secret where an API key has %s, which no header can carry', async (_what, key) => {
    const simulator = await startPlatform();
    const platform = clientOf(simulator.url, { credentials: { kind: 'key', key: given(key) } });
    for (const refusal of [platform.ping(NEVER), platform.mqttLogin(NEVER)]) {
      const error: unknown = await refusal.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('line breaks') as string });
      expect(inspect(error, { depth: 10 })).not.toContain('of-the-driver-4711');
    }
    expect(simulator.seen).toEqual([]);
  });
});

describe('a grant that ends', () => {
  it('is replaced once for all calls that wait', async () => {
    const simulator = await startPlatform();
    const platform = clientOf(simulator.url, { credentials: ASA });
    await platform.ping(NEVER);
    simulator.accounts.revokeIssued();
    await Promise.all(Array.from({ length: 20 }, () => platform.ping(NEVER)));
    expect(simulator.accounts.logins).toBe(2);
  });

  it('of OAuth is replaced before its end, by the newest refresh token', async () => {
    const simulator = await startPlatform();
    let now = Date.now();
    const notices: string[] = [];
    const platform = clientOf(simulator.url, {
      credentials: OAUTH,
      now: () => now,
      onNotice: (text) => notices.push(text),
    });
    for (const expected of [1, 1, 2, 2, 3]) {
      await Promise.all([platform.ping(NEVER), platform.ping(NEVER)]);
      expect(simulator.accounts.refreshes).toBe(expected);
      // Life is 3600 s, and a token is replaced 30 s before.
      now += 1_790_000;
    }
    expect(simulator.seen.every(({ status }) => status === 200)).toBe(true);
    expect(notices).toEqual([expect.stringMatching(/kept in memory only/)]);
  });

  it('of OAuth is fresh for each log-in at the broker; the old one does while the platform is away', async () => {
    const simulator = await startPlatform();
    const platform = clientOf(simulator.url, { credentials: OAUTH });
    const first = await platform.mqttLogin(NEVER);
    const second = await platform.mqttLogin(NEVER);
    expect(second.password).not.toBe(first.password);
    simulator.behaviour.fault = 'down';
    expect(await platform.mqttLogin(NEVER)).toEqual(second);
  });

  it('of OAuth survives a restart where a file keeps the refresh token', async () => {
    const simulator = await startPlatform();
    const file = await tokenFile();
    await clientOf(simulator.url, { credentials: { ...OAUTH, tokenFile: file } }).ping(NEVER);
    expect(await readFile(file.path, 'utf8')).toMatch(/^refresh-/);
    await clientOf(simulator.url, { credentials: { ...OAUTH, tokenFile: file } }).ping(NEVER);
    // Without it, the refresh token of the configuration has been used up.
    await expect(clientOf(simulator.url, { credentials: OAUTH }).ping(NEVER)).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  it('by a key that was replaced in its file is followed', async () => {
    const simulator = await startPlatform();
    const key = changing('key-of-the-driver');
    const platform = clientOf(simulator.url, { credentials: { kind: 'key', key } });
    await platform.ping(NEVER);
    simulator.accounts.revoke('key-of-the-driver');
    await expect(platform.ping(NEVER)).rejects.toMatchObject({ code: 'unauthorized' });
    simulator.accounts.addKey('integration', 'another-key');
    key.text = 'another-key';
    await platform.ping(NEVER);
  });
});
