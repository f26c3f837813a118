import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { commandOf, readCommandLine } from './arguments.ts';
import { remoteControl } from './remote-control.ts';
import { spawnSeeqSimulator } from './spawn.ts';
import { startSeeqSimulator } from './simulator.ts';
import { call, caller, headersWith, idOf, login, SIGNALS } from './testing.ts';

const env = { ...COMPILE_CACHE, ...process.env };
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the Seeq simulator as a process', () => {
  it('prints one line of JSON when it listens, and ends on SIGTERM with code 0', async () => {
    const child = spawn(process.execPath, ['--no-warnings', MAIN, '--port=0', '--name=Solo'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    let out = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    await once(child.stdout, 'data');
    const line = JSON.parse(out) as { event: string; url: string; control: null };
    expect(line).toMatchObject({ event: 'listening', control: null });
    expect((await call(line.url, '/system/server-status')).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(out.trim().split('\n')).toHaveLength(1);
  });

  it('says plainly that a port is in use', async () => {
    const taken = await startSeeqSimulator({ port: 0 });
    await expect(spawnSeeqSimulator({ port: Number(new URL(taken.url).port) })).rejects.toThrow(
      /port \d+ of 127\.0\.0\.1 is in use; choose another with --port/,
    );
    await taken.stop();
  });

  it('is steered from another process: accounts, behaviour, faults, log', async () => {
    const accounts = [{ kind: 'accessKey', name: 'key', password: 'a:b@c' }] as const;
    const simulator = await spawnSeeqSimulator({ name: 'Far', accounts, behaviour: { absent: 'null' } });
    const get = await caller(simulator.url, accounts[0]);
    expect((await simulator.control.plant()).some(({ path }) => path === `${SIGNALS} >> Fast`)).toBe(true);
    expect(await simulator.control.behaviour()).toMatchObject({ absent: 'null' });
    await simulator.control.fail({ kind: 'status', status: 503, retryAfter: '1', times: 1, operation: 'get_me' });
    expect((await get('/users/me')).status).toBe(503);
    expect((await get('/users/me')).status).toBe(200);
    const seen = await simulator.control.requests();
    expect(seen.map(({ operation, status }) => [operation, status])).toEqual([
      ['login', 200],
      ['get_me', 503],
      ['get_me', 200],
    ]);
    await expect(simulator.control.set({ absent: 'sometimes' as 'absent' })).rejects.toThrow('absent');
    expect(await simulator.stop()).toBe(0);
  });

  it('streams a million samples complete, in order and with flat memory', async () => {
    // Less than the text of the answer alone, and little more than the simulator needs when it does nothing.
    const simulator = await spawnSeeqSimulator({}, ['--max-old-space-size=64']);
    const headers = headersWith(await login(simulator.url));
    const peak = async (): Promise<number> => {
      const status = await readFile(`/proc/${simulator.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
    };
    const path = `/api/signals/${idOf(`${SIGNALS} >> Fast`)}/samples?start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z`;
    const before = await peak();
    const answer = await request(`${simulator.url}${path}&limit=1000000`, { headers });
    let count = 0;
    let last = '';
    let rest = '';
    let ascending = true;
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      rest += part.toString('latin1');
      const end = rest.lastIndexOf('}') + 1;
      for (const [, key = ''] of rest.slice(0, end).matchAll(/"key":"([^"]+)"/g)) {
        ascending &&= last < key;
        last = key;
        count += 1;
      }
      rest = rest.slice(end);
    }
    expect({ count, ascending, rest }).toEqual({ count: 1_000_000, ascending: true, rest: '' });
    // The text of the answer is 65 MB; what it may cost is a few pieces and the garbage between two collections.
    expect((await peak()) - before).toBeLessThan(200_000);
    await simulator.stop();
  });

  it('answers a hundred callers at once', async () => {
    const simulator = await spawnSeeqSimulator();
    const get = await caller(simulator.url);
    const path = `/signals/${idOf(`${SIGNALS} >> Fast`)}/samples`;
    const query = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:15:00Z' };
    const answers = await Promise.all(Array.from({ length: 100 }, async () => get(path, { query })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    await simulator.stop();
  });
});

describe('the command line of the Seeq simulator', () => {
  const run = async (...given: string[]) => {
    const child = spawn(process.execPath, ['--no-warnings', MAIN, ...given], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  };

  it('prints its options, and what is wrong with arguments', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const word of ['--release', '--fault', '--control-port', 'reader-password', 'Not a product of Seeq'])
      expect(help.said.replace(/\s+/g, ' ')).toContain(word);
    const { code, said } = await run('--port=x');
    expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(/^error: .*--port/) as string });
    for (const wrong of [
      '--port=70000',
      '--absent=never',
      '--fault=kind=nothing',
      '--fault=kind=hang,operation=nothing',
      '--fault=kind=status,status=many',
      '--user=nobody',
      '--tls-cert=x',
      '--nothing',
    ]) {
      let complaint = '';
      const command = commandOf()
        .exitOverride()
        .configureOutput({ writeErr: (text) => (complaint += text) });
      expect(() => readCommandLine(['node', 'main.ts', wrong], command), wrong).toThrow();
      expect(complaint, wrong).toMatch(/^error: /);
    }
  });

  it('takes every setting of its behaviour and faults by option, and prints requests on request', async () => {
    const given = '--absent=null --latency=1 --jitter=2 --clock-offset=-5000 --rotate-token --rotate-voids-old';
    const more =
      '--access-keys-expired --identity-path=a/b --lenient --log --tags=5 --release=62 --session-seconds=60 --offline-datasource=x';
    const child = spawn(
      process.execPath,
      ['--no-warnings', MAIN, '--port=0', '--control-port=0', ...given.split(' '), ...more.split(' ')].concat([
        '--fault=kind=status,status=503,retryAfter=1,rate=1,operation=get_me,times=1',
        '--fault=kind=status,status=502,body=false,path=/folders',
      ]),
      { stdio: ['ignore', 'pipe', 'pipe'], env },
    );
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += part.toString()));
    const [out] = (await once(child.stdout, 'data')) as [Buffer];
    const { url, control } = JSON.parse(out.toString()) as { url: string; control: string };
    const steer = remoteControl(control);
    expect(await steer.behaviour()).toEqual({
      absent: 'null',
      latencyMs: 1,
      jitterMs: 2,
      clockOffsetMs: -5000,
      rotateToken: true,
      rotateVoidsOld: true,
      accessKeysExpired: true,
      identityPath: 'a/b',
      offlineDatasource: 'x',
      refuseUnknownParameters: false,
      down: false,
    });
    const token = await login(url);
    const ask = async (path: string) => (await call(url, path, { headers: headersWith(token) })).status;
    expect(await ask('/users/me')).toBe(503);
    expect(await ask('/folders')).toBe(502);
    expect(await ask('/system/open-ping?such=none')).toBe(200);
    while (!said.includes('/api/system/open-ping?such=none  get_open_ping  200')) await once(child.stderr, 'data');
    expect(said).toContain('R62.');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends with code 1 and a sentence when a port is taken', async () => {
    const taken = await startSeeqSimulator({ port: 0 });
    const { port } = new URL(taken.url);
    expect(await run(`--port=${port}`)).toEqual({
      code: 1,
      said: `The simulator cannot start: port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for any.\n`,
    });
    expect((await run('--port=0', `--control-port=${port}`)).said).toContain('choose another with --control-port');
    await taken.stop();
  });
});
