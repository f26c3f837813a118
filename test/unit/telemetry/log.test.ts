import { openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import type { Logger } from '../../../src/contract/log.ts';
import { openLog } from '../../../src/telemetry/log.ts';
import { Output, type OutputOptions } from '../../../src/telemetry/output.ts';

interface Line {
  readonly [name: string]: unknown;
  readonly err: Record<string, unknown>;
}

/** What the given calls write. */
async function written(write: (log: Logger) => void, debug = 1): Promise<Line[]> {
  const lines: Line[] = [];
  const output = (options: OutputOptions) => new Output(devNull, options);
  const log = openLog({ debug, instance: 'test', output, also: (line) => lines.push(JSON.parse(line) as Line) });
  write(log.logger);
  await log.close(0);
  return lines;
}

const devNull = openSync('/dev/null', 'w');

async function logged(error: unknown): Promise<Line> {
  const [line] = await written((log) => {
    log.warn({ err: error }, 'it failed');
  });
  return line ?? expect.fail('Nothing was logged.');
}

it('reports external errors without a stack, causes included', async () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
  expect((await logged(new DriverError('sourceUnavailable', 'Nothing listens there.', { cause }))).err).toEqual({
    ...{ type: 'DriverError', code: 'sourceUnavailable' },
    message: 'Nothing listens there.: connect ECONNREFUSED 127.0.0.1:1',
  });
});

it('reports where a fault of the driver happened', async () => {
  for (const fault of [new DriverError('internal', 'A fault.'), new TypeError('A fault.')]) {
    expect((await logged(fault)).err.stack).toMatch(/A fault\.\n +at .*log\.test\.ts/);
  }
});

it('quotes nothing of a text that is no JSON, since it may hold a secret', async () => {
  const read = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      return error;
    }
  };
  for (const text of ['pw-4711', '{"a":pw-4711', `${'[1,'.repeat(20)}pw-4711 ${'1,'.repeat(20)}`]) {
    const cause = new Error('It is broken.', { cause: read(text) });
    for (const error of [
      new DriverError('sourceError', 'No.', { cause }),
      new TypeError('No.', { cause }),
      read(text),
    ]) {
      const shown = JSON.stringify(await logged(error));
      expect(shown).toContain('it is not valid JSON');
      expect(shown).not.toContain('pw-');
    }
  }
});

it('has a notice at every level, as information', async () => {
  for (const debug of [0, 1, 2, 3]) {
    const lines = await written((log) => {
      log.notice({ version: '1' }, 'driver started');
    }, debug);
    expect(lines).toMatchObject([{ level: 'info', msg: 'driver started', version: '1' }]);
  }
});

it('bounds each text and each line, however long what came from outside is', async () => {
  const long = '😀'.repeat(500_000);
  const [facts, error, many] = await written((log) => {
    log.error({ id: '7', subject: long }, long);
    log.error({ err: new TypeError(long) }, 'it failed');
    log.error({ list: Array.from({ length: 10_000 }, () => 'one of many') }, 'it failed');
  });
  expect(facts).toMatchObject({
    level: 'error',
    id: '7',
    msg: expect.stringMatching(/\(1000000 characters\)$/) as string,
  });
  expect(error?.err).toMatchObject({ type: 'TypeError', message: expect.stringMatching(/characters\)$/) as string });
  expect(many).toMatchObject({
    level: 'error',
    instance: 'test',
    msg: 'it failed',
    factsBytes: expect.any(Number) as number,
  });
  for (const line of [facts, error, many]) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(32_768);
});

it('lets nothing from outside begin a line or command a terminal', () => {
  const raw: string[] = [];
  const output = (options: OutputOptions) => new Output(devNull, options);
  const log = openLog({ debug: 1, instance: 'test', output, also: (line) => raw.push(line) });
  const hostile = 'a\n{"level":"error","msg":"forged"}\r\u001b[2J\u009b2J\u0085\u2028\u202eb';
  log.logger.warn({ id: hostile, err: new Error(hostile), [hostile]: 1 }, hostile);
  void log.close(0);
  expect(raw).toHaveLength(1);
  expect(raw[0]).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(raw[0] ?? '')).toMatchObject({ id: hostile, msg: hostile });
});

it('takes what a library writes to the console as lines of its own, bounded', async () => {
  const lines = await written(() => {
    for (let n = 0; n < 100; n++) console.log('reader closed', new Error('a\nb'));
  });
  expect(lines).toHaveLength(11);
  expect(lines[0]).toMatchObject({ level: 'warn', msg: expect.stringContaining('reader closed') as string });
  expect(lines[10]).toMatchObject({ leftOut: 90 });
});
