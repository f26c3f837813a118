import { openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openLog } from '../../../src/telemetry/log.ts';
import { styled, styleOf } from '../../../src/telemetry/log-text.ts';
import { Output, type OutputOptions } from '../../../src/telemetry/output.ts';

const devNull = openSync('/dev/null', 'w');

/** The lines of a log as text, with the time removed. */
function shown(write: (log: ReturnType<typeof openLog>['logger']) => void, style: 'text' | 'colour' = 'text'): string {
  let text = '';
  const output = (options: OutputOptions) => new Output(devNull, options);
  const also = (line: string) => {
    text += styled(line, style);
  };
  const log = openLog({ debug: 3, driverid: 'seeq-a', instance: 'host-1', output, also });
  write(log.logger);
  void log.close(0);
  return text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z/g, '<time>');
}

it('a line for people has time, level, message and facts', () => {
  const text = shown((log) => {
    log.warn(
      { server: 'plant-a', state: 'down', tags: ['a b', 'c'], n: 3, why: 'no route' },
      'Server "plant-a" is down.',
    );
    log.debug({}, 'request answered');
  });
  expect(text).toBe(
    '<time> WARN  Server "plant-a" is down. server=plant-a state=down tags=["a b","c"] n=3 why="no route"\n' +
      '<time> DEBUG request answered\n',
  );
});

it('an error is on lines of its own, indented', () => {
  const text = shown((log) => {
    log.error({ err: new TypeError('A fault.') }, 'it failed');
  });
  expect(text).toMatch(/^<time> ERROR it failed\n {4}TypeError: A fault\.\n {8}at .*log-text\.test\.ts/);
});

it('nothing from outside begins a line or controls a terminal, in any part of a line', () => {
  const hostile = 'a\n2026-01-01 ERROR forged\r\u001b[2J\u009b2J\u0007\u0085\u2028\u202eb\u0000';
  const text = shown((log) => {
    const error = Object.assign(new Error(hostile), { [hostile]: hostile });
    log.warn({ id: hostile, err: error, [hostile]: [hostile] }, hostile);
    log.warn({ err: hostile }, 'x');
  });
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) expect(line).toMatch(/^(?:<time> WARN {2}| {4})[\x20-\x7e]+$/);
  // Only the stack has several lines.
  expect(lines.filter((line) => line.startsWith('<time>'))).toHaveLength(2);
});

it('colours are the only control sequences of a coloured line', () => {
  const hostile = '\u001b]0;title\u0007';
  const text = shown((log) => {
    log.error({ id: hostile }, hostile);
  }, 'colour');
  // eslint-disable-next-line no-control-regex -- the colours
  expect(text.replaceAll(/\u001b\[\d+m/g, '')).toMatch(/^[\x20-\x7e]+\n$/);
  expect(text).toContain('\u001b[31mERROR\u001b[0m');
});

it.each([
  ['auto', false, {}, 'json'],
  ['auto', true, {}, 'colour'],
  ['auto', true, { NO_COLOR: '1' }, 'text'],
  ['auto', true, { NO_COLOR: '' }, 'colour'],
  ['auto', true, { TERM: 'dumb' }, 'text'],
  ['json', true, {}, 'json'],
  ['text', false, {}, 'text'],
  ['text', true, {}, 'colour'],
] as const)('format %s, terminal %s, environment %j: %s', (format, isTerminal, env, style) => {
  expect(styleOf(format, isTerminal, env)).toBe(style);
});
