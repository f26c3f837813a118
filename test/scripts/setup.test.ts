import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const setup = join(import.meta.dirname, '../../scripts/setup.mjs');
const turn = join(import.meta.dirname, '../../scripts/setup/turn.mjs');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, ended };
}

const run = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
  start([setup, ...args], env).ended;

describe('the set-up', () => {
  it('runs the command by the Node of the project, with its arguments as they are', async () => {
    const script = 'console.log(JSON.stringify([process.version, ...process.argv.slice(1)]))';
    const args = ['a b', '--once', '--', '$HOME', "it's", '*'];
    const { code, out, err } = await run(['--no-servers', '--', 'node', '-e', script, '--', ...args]);
    expect([code, err]).toEqual([0, '']);
    const [version, ...given] = JSON.parse(out) as string[];
    expect(version).toMatch(/^v24\./);
    expect(given).toEqual(args);
  });

  it('ends as the command does', async () => {
    expect((await run(['--no-servers', '--', 'sh', '-c', 'exit 7'])).code).toBe(7);
    expect((await run(['--no-servers', '--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(128 + 9);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('hands on %s once, and waits for the command to end', async (signal) => {
    const script = `
      let count = 0;
      process.on('${signal}', () => { if (++count === 1) setTimeout(() => { console.log('got ' + count); process.exit(3); }, 200); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const { child, ended } = start([setup, '--no-servers', '--', 'node', '-e', script]);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 3, out: 'ready\ngot 1\n' });
  });

  it.each([
    [['--servers', '--', 'node'], /unknown option --servers; usage:/],
    [['--no-servers', '--', 'no-such-command'], /there is no command no-such-command/],
  ])('%j is refused', async (args, message) => {
    const { code, err } = await run(args);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('says when NATS_SERVER names no program', async () => {
    const { code, err } = await run(['--', 'node', '-v'], { NATS_SERVER: join(folder, 'none') });
    expect(code).toBe(1);
    expect(err).toMatch(/the variable NATS_SERVER names .*none, which is not a program that can be run/);
  });
});

describe('two set-ups at once', () => {
  /** Writes down when it begins and ends its turn. */
  const worker = (name: string) => `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { inTurn } from ${JSON.stringify(turn)};
    await inTurn(${JSON.stringify(folder)}, async () => {
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} begins\\n');
      await sleep(150);
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} ends\\n');
    });`;
  const work = (name: string): Promise<Ended> => start(['--input-type=module', '-e', worker(name)]).ended;

  it('work one after the other, and leave nothing behind', async () => {
    const ended = await Promise.all(['a', 'b', 'c', 'd'].map(work));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(8);
    for (let at = 0; at < lines.length; at += 2) {
      expect(lines[at + 1]).toBe(lines[at]?.replace('begins', 'ends'));
    }
    expect(await readdir(join(folder, '.cache'))).toEqual([]);
  });

  it('are not held up by one that is gone', async () => {
    const gone = start(['-e', '']);
    await gone.ended;
    await work('first');
    await writeFile(join(folder, '.cache', 'setup.turn'), String(gone.child.pid));
    expect(await work('second')).toMatchObject({ code: 0, err: '' });
  });
});
