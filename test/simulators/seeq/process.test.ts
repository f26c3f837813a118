import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { MEDIA_TYPE } from './http/description.ts';
import { spawnSeeqSimulator } from './spawn.ts';
import { startSeeqSimulator } from './simulator.ts';
import { call, caller, headersWith, idOf, login, SIGNALS } from './testing.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the Seeq simulator as a process', () => {
  it('prints one line of JSON when it listens, and ends on SIGTERM with code 0', async () => {
    const child = spawn(process.execPath, ['--no-warnings', MAIN, '--port=0', '--name=Solo'], {
      stdio: ['ignore', 'pipe', 'ignore'],
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
    await expect(spawnSeeqSimulator({ port: Number(new URL(taken.url).port) })).rejects.toThrow('a port is in use');
    await taken.stop();
  });

  it('is steered from another process: accounts, knobs, faults, log', async () => {
    const accounts = [{ kind: 'accessKey', name: 'key', password: 'a:b@c' }] as const;
    const simulator = await spawnSeeqSimulator({ name: 'Far', accounts, knobs: { absent: 'null' } });
    const get = await caller(simulator.url, accounts[0]);
    expect((await simulator.control.plant()).some(({ path }) => path === `${SIGNALS} >> Fast`)).toBe(true);
    expect(await simulator.control.knobs()).toMatchObject({ absent: 'null' });
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
    const simulator = await spawnSeeqSimulator();
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

describe('faults of the Seeq simulator', () => {
  it('does each of them, and is well again when healed', async () => {
    const simulator = await startSeeqSimulator({ port: 0 });
    const headers = headersWith(await login(simulator.url));
    const me = async (signal?: AbortSignal) => {
      const answer = await request(`${simulator.url}/api/users/me`, {
        headers,
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: answer.statusCode, type: answer.headers['content-type'], text: await answer.body.text() };
    };
    const { control } = simulator;
    const whole = await me();

    await control.fail({ kind: 'status', status: 502, body: false, times: 1 });
    expect(await me()).toMatchObject({ status: 502, text: '' });
    await control.fail({ kind: 'html', status: 504, times: 1 });
    expect(await me()).toMatchObject({ status: 504, type: 'text/html' });
    await control.fail({ kind: 'mediaType', mediaType: 'text/plain', times: 1 });
    expect(await me()).toMatchObject({ type: 'text/plain', text: whole.text });
    await control.fail({ kind: 'truncated', times: 1 });
    expect(whole.text.startsWith((await me()).text)).toBe(true);
    await control.fail({ kind: 'invalidJson', times: 1 });
    const invalid = await me();
    expect(() => JSON.parse(invalid.text) as unknown).toThrow();
    await control.fail({ kind: 'huge', bytes: 1_000_000, times: 1 });
    expect((await me()).text.length).toBeGreaterThan(1_000_000);
    await control.fail({ kind: 'slow', bytes: 50, pauseMs: 1, times: 1 });
    expect(await me()).toEqual({ ...whole, type: MEDIA_TYPE });
    await control.fail({ kind: 'half', times: 1 });
    await expect(me()).rejects.toThrow();
    await control.fail({ kind: 'reset', times: 1 });
    await expect(me()).rejects.toThrow();
    await control.set({ down: true });
    await expect(me()).rejects.toThrow();
    await control.set({ down: false });

    await control.fail({ kind: 'hang', path: '/users/me' });
    const hanging = me();
    const given = new AbortController();
    const left = me(given.signal);
    given.abort();
    await expect(left).rejects.toThrow();
    expect((await call(simulator.url, '/system/server-status')).status).toBe(200);
    await control.heal();
    expect(await hanging).toEqual(whole);
    await simulator.stop();
  });

  it('fails at a rate by a fixed sequence', async () => {
    const simulator = await startSeeqSimulator({ port: 0 });
    await simulator.control.fail({ kind: 'status', status: 500, rate: 0.3 });
    const statuses: number[] = [];
    for (let n = 0; n < 100; n += 1) statuses.push((await call(simulator.url, '/system/open-ping')).status);
    const failed = statuses.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
    await simulator.stop();
  });

  it('writes members without value as null when told to, and answers alike otherwise', async () => {
    const simulator = await startSeeqSimulator({ port: 0 });
    const get = await caller(simulator.url);
    const paths = [
      `/items/${idOf('Example')}`,
      `/conditions/${idOf('Special Cases >> Conditions >> Always')}/capsules?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z`,
      `/signals/${idOf(`${SIGNALS} >> Bad Text`)}/samples?start=2026-01-01T00:00:00Z&end=2026-01-01T01:00:00Z`,
      '/items?filters=Temperature',
    ];
    for (const path of paths) {
      await simulator.control.set({ absent: 'absent' });
      const absent = await get(path);
      await simulator.control.set({ absent: 'null' });
      const nulls = await get(path);
      expect(absent.text).not.toContain(':null');
      expect(nulls.text).toContain(':null');
      expect(JSON.parse(nulls.text, dropNulls)).toEqual(absent.body);
    }
    await simulator.stop();
  });
});

/** A reviver under which null members are absent. */
function dropNulls(_name: string, value: unknown): unknown {
  return value ?? undefined;
}
