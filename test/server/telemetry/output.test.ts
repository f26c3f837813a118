/** The log's way out: on real pipes that nobody reads, that are read again, and that have nobody at the other end. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Output } from '../../../src/telemetry/output.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** A pipe with a name, of which the test holds both ends. */
function pipe() {
  const folder = mkdtempSync(join(tmpdir(), 'iota-output-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  let reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  onTestFinished(() => {
    for (const fd of [reader, writer]) closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  let read = '';
  const decoder = new StringDecoder();
  const buffer = Buffer.alloc(1024 * 1024);
  return {
    writer,
    /** All whole lines so far. */
    lines: (): string[] => {
      try {
        for (let bytes; (bytes = readSync(reader, buffer)) > 0;) read += decoder.write(buffer.subarray(0, bytes));
      } catch {
        // Nothing more to read at this moment.
      }
      return read.split('\n').slice(0, -1);
    },
    closeReader: () => {
      closeSync(reader);
    },
    openReader: () => {
      reader = openSync(path, O_RDONLY | O_NONBLOCK);
    },
  };
}

const line = (n: number): string => `${String(n).padStart(5, '0')}${'ä'.repeat(150)}\n`;

it('keeps what finds no room up to its bound, and reports how many lines it dropped when it flows again', async () => {
  const { writer, lines } = pipe();
  const dropped: number[] = [];
  const output = new Output(writer, {
    maxBytes: 100_000,
    onDropped: (count) => {
      dropped.push(count);
      output.write(`dropped ${count}\n`);
    },
  });
  for (let n = 0; n < 50_000; n++) output.write(line(n));
  expect(output.dropped).toBeGreaterThan(45_000);
  expect(dropped).toEqual([]);

  await expect.poll(() => lines().at(-1)).toBe(`dropped ${output.dropped}`);
  expect(dropped).toEqual([output.dropped]);
  const kept = lines().slice(0, -1);
  // The first ones, whole and in order.
  expect(kept).toEqual(kept.map((_, n) => line(n).trimEnd()));
  expect(kept.length + output.dropped).toBe(50_000);
  output.write('and on\n');
  expect(lines().at(-1)).toBe('and on');
});

it('lives through a reader that goes away', async () => {
  const { writer, lines, closeReader, openReader } = pipe();
  const output = new Output(writer, { maxBytes: 10_000 });
  closeReader();
  for (let n = 0; n < 1000; n++) output.write(line(n));
  expect(output.dropped).toBeGreaterThan(0);
  openReader();
  await output.flush(60_000);
  expect(lines()[0]).toBe(line(0).trimEnd());
});

it('lives through a full disk', async () => {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => {
    closeSync(full);
  });
  const output = new Output(full, { maxBytes: 10_000 });
  for (let n = 0; n < 1000; n++) output.write(line(n));
  expect(output.dropped).toBeGreaterThan(0);
  await output.flush(0);
  output.flushSync(0);
});

describe('a process whose standard output is not read', () => {
  const LOG = JSON.stringify(new URL('../../../src/telemetry/log.ts', import.meta.url).href);

  /** Runs a program that has a log and a function `report`, to standard error. */
  function start(program: string) {
    const code = `
      import { openLog } from ${LOG};
      const log = openLog({ debug: 2, instance: 'test' });
      const report = (value) => process.stderr.write(JSON.stringify(value) + '\\n');
      for (let n = 0; n < 100_000; n++) log.logger.info({ n }, 'x'.repeat(200));
      report({ written: log.numbers(), heap: process.memoryUsage().heapUsed });
      ${program}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    return child;
  }

  it('continues, in bounded memory, and reports what was dropped as soon as it is read', async () => {
    const child = start(`process.stdin.once('data', async () => { await log.close(60_000); process.exit(0); });`);
    const [first] = (await once(child.stderr, 'data')) as [Buffer];
    const { written, heap } = JSON.parse(first.toString()) as { written: { dropped: number }; heap: number };
    expect(written.dropped).toBeGreaterThan(90_000);
    expect(heap).toBeLessThan(64 * 1024 * 1024);
    child.stdin.write('end');
    const lines = (await text(child.stdout)).trimEnd().split('\n');
    const parsed = lines.map((one) => JSON.parse(one) as { n?: number; dropped?: number; msg: string });
    expect(parsed.slice(0, -1).map(({ n }) => n)).toEqual(Array.from({ length: parsed.length - 1 }, (_, n) => n));
    expect(parsed.at(-1)).toMatchObject({
      level: 'warn',
      dropped: written.dropped,
      msg: `${written.dropped} log lines were dropped: standard output did not take them`,
    });
  });

  it.each([
    ['on demand', 'await log.close(500);', 0],
    ['by a crash', "setTimeout(() => { throw new Error('crash'); });", 1],
  ])('ends %s', async (_name, program, code) => {
    const child = start(program);
    child.stderr.resume();
    expect(await once(child, 'exit')).toEqual([code, null]);
  });
});

it('has the reason of a crash as its last line', async () => {
  const code = `
    import { openLog } from ${JSON.stringify(new URL('../../../src/telemetry/log.ts', import.meta.url).href)};
    openLog({ debug: 0, instance: 'test' });
    void Promise.reject(new TypeError('crash'));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code]);
  child.stderr.resume();
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    level: 'error',
    msg: 'The driver ends because of an internal error',
    err: { type: 'TypeError', message: 'crash' },
  });
});
