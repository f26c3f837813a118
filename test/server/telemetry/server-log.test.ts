/** Lines of the log about the state of a server. */
import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { SourceHealth } from '../../../src/driver/source-health/source-health.ts';
import { ServerLog } from '../../../src/telemetry/server-log.ts';
import { TestLog } from '../bus/support.ts';

function server() {
  const log = new TestLog();
  const findings = new SourceHealth();
  let asked = 0;
  const serverLog = new ServerLog({ name: 'a', logger: log, confirm: () => asked++ });
  findings.onNews((found, probed) => {
    serverLog.news(found, probed);
  });
  const probed = (state: 'up' | 'down' | 'unauthorized', message?: string): void => {
    findings.probed({ state, version: '66.0.1', latencyMs: 1, ...(message === undefined ? {} : { message }) });
  };
  return { log, findings, probed, asked: () => asked };
}

const gone = new DriverError('sourceUnavailable', 'A is gone. See whether it runs.');

describe('a server', () => {
  it('has a line for each change, at the level of what it means, in the words of the probe', () => {
    const { log, findings, probed } = server();
    for (const _ of [1, 2, 3]) probed('up');
    for (const _ of [1, 2, 3]) probed('down', 'A is gone. See whether it runs.');
    for (const _ of [1, 2, 3]) probed('unauthorized', 'The access key is refused.');
    for (const _ of [1, 2, 3]) findings.succeeded();
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['info', 'Server "a" is up.'],
      ['error', 'A is gone. See whether it runs.'],
      ['error', 'The access key is refused.'],
      ['notice', 'Server "a" is up again.'],
    ]);
    expect(log.lines[1]?.facts).toEqual({ server: 'a', state: 'down', version: '66.0.1' });
  });

  it('is not down by one failed call: it is asked, and the answer counts', () => {
    const { log, findings, probed, asked } = server();
    probed('up');
    for (let n = 0; n < 100; n++) {
      findings.failed(gone);
      findings.succeeded();
    }
    expect([asked(), log.lines.length]).toEqual([100, 1]);
    findings.failed(gone);
    probed('down', gone.message);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: gone.message });
    expect(log.lines).toHaveLength(2);
  });

  it('that changes again and again has a bounded number of lines', () => {
    const { log, findings, probed } = server();
    for (let n = 0; n < 1000; n++) {
      probed('down', gone.message);
      findings.succeeded();
    }
    expect(log.lines).toHaveLength(10);
  });
});
