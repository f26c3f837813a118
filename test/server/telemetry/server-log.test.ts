/** Lines of the log about the state of a server. */
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { SourceHealth } from '../../../src/driver/source-health/source-health.ts';
import { ServerLog } from '../../../src/telemetry/server-log.ts';
import type { SourceStatus } from '../../../src/sources/source.ts';
import { source } from '../../support/driver.ts';
import { TestLog } from '../bus/support.ts';

function server() {
  const log = new TestLog();
  const answer: { status: SourceStatus } = { status: { state: 'up', version: '66.0.1', latencyMs: 1 } };
  const health = new SourceHealth(source('a', { probe: async () => answer.status }));
  const serverLog = new ServerLog('a', log);
  health.follow({
    onConfirmed: (found) => {
      serverLog.found(found);
    },
  });
  return {
    log,
    probed: async (state: SourceStatus['state'], message?: string) => {
      answer.status = { state, version: '66.0.1', latencyMs: 1, ...(message === undefined ? {} : { message }) };
      await health.probe();
    },
    succeeded: () => health.call(async () => undefined, new AbortController().signal),
    failed: () => health.call(() => Promise.reject(gone), new AbortController().signal).catch(() => undefined),
    close: () => {
      health.close();
    },
  };
}

const gone = new DriverError('sourceUnavailable', 'A is gone. See whether it runs.');

describe('a server', () => {
  it('has a line for each change, at the level of what it means, in the words of the probe', async () => {
    const { log, probed, succeeded, close } = server();
    for (const _ of [1, 2, 3]) await probed('up');
    for (const _ of [1, 2, 3]) await probed('down', 'A is gone. See whether it runs.');
    for (const _ of [1, 2, 3]) await probed('unauthorized', 'The access key is refused.');
    for (const _ of [1, 2, 3]) await succeeded();
    close();
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'Server "a" is up.'],
      ['error', 'A is gone. See whether it runs.'],
      ['error', 'The access key is refused.'],
      ['notice', 'Server "a" is up again.'],
    ]);
    expect(log.lines[1]?.facts).toEqual({ server: 'a', state: 'down', version: '66.0.1' });
  });

  it('is not down by one failed call: it is probed, and the result counts', async () => {
    const { log, probed, succeeded, failed, close } = server();
    await probed('up');
    for (let n = 0; n < 100; n++) {
      await failed();
      await succeeded();
    }
    expect(log.lines).toHaveLength(1);
    await failed();
    await probed('down', gone.message);
    close();
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: gone.message });
    expect(log.lines).toHaveLength(2);
  });

  it('that changes again and again has a bounded number of lines', async () => {
    const { log, probed, succeeded, close } = server();
    for (let n = 0; n < 1000; n++) {
      await probed('down', gone.message);
      await succeeded();
    }
    close();
    expect(log.lines).toHaveLength(10);
  });
});
