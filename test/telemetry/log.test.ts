import { expect, it } from 'vitest';
import { DriverError } from '../../src/contract/errors.ts';
import { openLog } from '../../src/telemetry/log.ts';

interface Line {
  readonly err: Record<string, unknown>;
}

function logged(error: unknown): Line {
  const lines: Line[] = [];
  const log = openLog({ debug: 1, instance: 'test', also: (line) => lines.push(JSON.parse(line) as Line) });
  log.warn({ err: error }, 'it failed');
  const [line] = lines;
  if (line === undefined) throw new Error('Nothing was logged.');
  return line;
}

it('tells what happened outside without a stack, causes included', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
  expect(logged(new DriverError('sourceUnavailable', 'Nothing listens there.', { cause })).err).toEqual({
    ...{ type: 'DriverError', code: 'sourceUnavailable' },
    message: 'Nothing listens there.: connect ECONNREFUSED 127.0.0.1:1',
  });
});

it('tells where a fault of the driver happened', () => {
  for (const fault of [new DriverError('internal', 'A fault.'), new TypeError('A fault.')]) {
    expect(logged(fault).err.stack).toMatch(/A fault\.\n +at .*log\.test\.ts/);
  }
});
