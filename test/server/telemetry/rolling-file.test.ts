/** Log files on a real disk: full ones, removed ones, ones without rights, and two processes with the same file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type FileChange, RollingFile, type RollingFileOptions } from '../../../src/telemetry/rolling-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iota-log-'));
  path = join(folder, 'driver.log');
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
});

const LONG_MS = 60_000;

function openRolling(options: Partial<RollingFileOptions> = {}) {
  const changes: FileChange[] = [];
  const file = new RollingFile({
    ...{ path, maxBytes: 0, keep: 10, scanMs: 0 },
    onChange: (change) => {
      changes.push(change);
    },
    ...options,
  });
  onTestFinished(() => file.close(0));
  return { file, changes };
}

const line = (n: number): string => `{"n":${n}}\n`;
/** Names of the full files, oldest first. */
const full = (): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'driver.log')
    .sort();
const linesIn = (name: string): string[] => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
/** All lines, oldest first. */
const all = (): string[] => [...full(), ...(existsSync(path) ? ['driver.log'] : [])].flatMap(linesIn);
const numbers = (texts: readonly string[]): number[] => texts.map((one) => (JSON.parse(one) as { n: number }).n);
const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n);

it('a full file gets a name of its own, and only so many are kept', async () => {
  const { file, changes } = openRolling({ maxBytes: 100, keep: 3 });
  for (let n = 0; n < 200; n++) {
    file.write(line(n));
    await file.flush(LONG_MS);
  }
  expect(full()).toHaveLength(3);
  for (const name of full()) {
    expect(name).toMatch(/^driver\.\d{8}T\d{9}Z-[0-9a-f]{4}\.log$/);
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
  }
  const kept = numbers(all());
  expect(kept).toEqual(upTo(200).slice(-kept.length));
  expect(changes).toEqual([]);
});

it('no other file is removed', async () => {
  const others = ['driver.log.1', 'driver.20260101T000000000Z-zzzz.log', 'driver.old.log', 'other.log'];
  for (const name of others) writeFileSync(join(folder, name), 'x');
  mkdirSync(join(folder, 'driver.20260101T000000000Z-0000.log'));
  writeFileSync(join(folder, 'driver.20260101T000000000Z-0001.log'), 'x');
  const { file } = openRolling({ maxBytes: 10, keep: 0 });
  for (let n = 0; n < 5; n++) {
    file.write(line(n));
    await file.flush(LONG_MS);
  }
  expect(full()).toEqual([...others, 'driver.20260101T000000000Z-0000.log'].sort());
});

it('a restart appends, also after a line that was cut off by a crash', async () => {
  writeFileSync(path, `${line(0)}{"n":`);
  const { file } = openRolling();
  file.write(line(1));
  await file.close(LONG_MS);
  expect(linesIn('driver.log')).toEqual(['{"n":0}', '{"n":', '{"n":1}']);
});

it('a file or folder that was removed is created again, and no line is lost', async () => {
  const { file, changes } = openRolling();
  file.write(line(0));
  await file.flush(LONG_MS);
  rmSync(path);
  file.write(line(1));
  await file.flush(LONG_MS);
  expect(numbers(all())).toEqual([1]);
  rmSync(folder, { recursive: true });
  file.write(line(2));
  await file.flush(LONG_MS);
  expect(numbers(all())).toEqual([2]);
  // As logrotate does, without and with `create`.
  for (const n of [3, 4]) {
    renameSync(path, join(folder, 'driver.moved'));
    if (n === 4) writeFileSync(path, '');
    file.write(line(n));
    await file.flush(LONG_MS);
    expect(linesIn('driver.log')).toEqual([line(n).trim()]);
  }
  expect(changes).toEqual([]);
});

it('a removed file is created again without a line, by the next check', async () => {
  openRolling({ scanMs: 20 });
  await expect.poll(() => existsSync(path)).toBe(true);
  rmSync(path);
  await expect.poll(() => existsSync(path)).toBe(true);
});

it('a symbolic link, a folder or a device is refused with the remedy', async () => {
  const target = join(folder, 'target');
  writeFileSync(target, '');
  symlinkSync(target, join(folder, 'link.log'));
  mkdirSync(join(folder, 'folder.log'));
  for (const [at, remedy] of [
    [join(folder, 'link.log'), /a symbolic link is at this path. Name the file itself\.$/],
    [join(folder, 'folder.log'), /it is a folder\. Name a file\.$/],
    ['/dev/null', /it is not a regular file\. Name a regular file/],
    [join(target, 'driver.log'), /a part of its path is not a folder\. Correct the path\.$/],
  ] as const) {
    const { file, changes } = openRolling({ path: at });
    file.write(line(0));
    await expect.poll(() => changes).toEqual([{ problem: expect.stringMatching(remedy) as string, lost: 0 }]);
    expect(changes[0]?.problem).toContain(JSON.stringify(at));
    expect(file.problem).toBe(changes[0]?.problem);
    // The end of the process waits no longer than it is told.
    await file.close(10);
    file.flushSync();
  }
  expect(readFileSync(target, 'utf8')).toBe('');
});

it('a file without the right to write is reported, and used once it has it', async () => {
  let allowed = false;
  const write = async (file: FileHandle, bytes: Uint8Array) => {
    // The user of the tests may be root, who has every right.
    if (!allowed) throw Object.assign(new Error('not allowed'), { code: 'EACCES' });
    return file.write(bytes);
  };
  const { file, changes } = openRolling({ write });
  file.write(line(0));
  await expect.poll(() => changes.at(-1)?.problem).toMatch(/no right to write it\. Give it the right/);
  allowed = true;
  await file.flush(LONG_MS);
  expect(numbers(all())).toEqual([0]);
  await expect.poll(() => changes.at(-1)).toEqual({ problem: undefined, lost: 0 });
});

it('on a full disk lines wait within the limit, further ones are counted, and it continues when there is room', async () => {
  let room = 50;
  const write = async (file: FileHandle, bytes: Uint8Array) => {
    if (room === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const { bytesWritten } = await file.write(bytes.subarray(0, room));
    room -= bytesWritten;
    return { bytesWritten };
  };
  const { file, changes } = openRolling({ write, waitingBytes: 10_000 });
  for (let n = 0; n < 1000; n++) file.write(line(n));
  await expect.poll(() => changes).toHaveLength(1);
  expect(changes[0]?.problem).toMatch(/its disk is full\. Make room\.$/);
  for (let n = 1000; n < 3000; n++) file.write(line(n));
  const { lost } = file;
  expect(lost).toBeGreaterThan(2000);
  room = Infinity;
  await file.flush(LONG_MS);
  await expect.poll(() => changes.slice(1)).toEqual([{ problem: undefined, lost }]);
  // A part of a line was written before the disk was full; the line follows as a whole.
  const whole = all().filter((one) => one.endsWith('}'));
  const written = numbers(whole);
  expect(written).toHaveLength(3000 - lost);
  expect(written).toEqual([...new Set(written)].sort((a, b) => a - b));
  expect(all().length - whole.length).toBeLessThanOrEqual(1);
});

it('a disk that hangs blocks nothing', async () => {
  const write = () => new Promise<never>(() => undefined);
  const { file } = openRolling({ write, waitingBytes: 10_000 });
  for (let n = 0; n < 1000; n++) file.write(line(n));
  expect(file.lost).toBeGreaterThan(0);
  await file.close(10);
});

describe('processes with the same file', () => {
  const MODULE = JSON.stringify(new URL('../../../src/telemetry/rolling-file.ts', import.meta.url).href);
  const start = (program: string) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    return once(child, 'exit');
  };

  it('lose no line and write no line into another, while each begins new files', async () => {
    const writer = (name: string) => `
      const { RollingFile } = await import(${MODULE});
      const file = new RollingFile({ path: ${JSON.stringify(path)}, maxBytes: 4000, keep: 1000, scanMs: 0, onChange: () => {} });
      for (let n = 0; n < 3000; n++) {
        file.write(JSON.stringify({ from: ${JSON.stringify(name)}, n }) + '\\n');
        if (n % 10 === 0) await file.flush(60_000);
      }
      await file.close(60_000);`;
    expect(await Promise.all([start(writer('a')), start(writer('b'))])).toEqual([
      [0, null],
      [0, null],
    ]);
    const lines = all().map((one) => JSON.parse(one) as { from: string; n: number });
    for (const name of ['a', 'b']) {
      const own = lines.filter(({ from }) => from === name).map(({ n }) => n);
      expect(own.sort((a, b) => a - b)).toEqual(upTo(3000));
    }
    expect(full().length).toBeGreaterThan(10);
  });

  it('have the reason of a crash as their last line', async () => {
    const LOG = JSON.stringify(new URL('../../../src/telemetry/log.ts', import.meta.url).href);
    const program = `
      const { openLog } = await import(${LOG});
      openLog({ debug: 0, instance: 'test', file: { path: ${JSON.stringify(path)}, maxBytes: 0, keep: 1, scanMs: 0 } });
      throw new TypeError('crash');`;
    expect(await start(program)).toEqual([1, null]);
    expect(JSON.parse(all().at(-1) ?? '')).toMatchObject({ err: { message: 'crash' } });
  });
});
