/** The newest problems of the log, grouped. */
import { describe, expect, it } from 'vitest';
import { RecentProblems } from '../../../src/telemetry/recent-problems.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const line = (level: string, second: number, msg: string, facts: object = {}) =>
  `${JSON.stringify({ level, time: at(second), instance: 'host-1', ...facts, msg })}\n`;

describe('recent problems', () => {
  it('are the warnings and errors, equal ones together, the newest first', () => {
    const problems = new RecentProblems();
    problems.write(line('warn', 1, 'Port 1234 is taken. Tried 1 times.', { port: 1234 }));
    problems.write(line('info', 2, 'All is well'));
    problems.write(line('error', 3, 'Broken', { err: { type: 'Error', message: 'the cause', stack: 'long' } }));
    problems.write(line('warn', 4, 'Port 1235 is taken. Tried 2 times.', { port: 1235 }));
    expect(problems.all).toEqual([
      {
        ...{ level: 'warn', message: 'Port 1235 is taken. Tried 2 times.', count: 2, first: at(1), last: at(4) },
        facts: [['port', '1235']],
      },
      { level: 'error', message: 'Broken', count: 1, first: at(3), last: at(3), facts: [['err', 'the cause']] },
    ]);
  });

  it('count the lines that the log has left out', () => {
    const problems = new RecentProblems();
    problems.write(line('warn', 1, 'Log lines left out: 40, of which the last is: x', { kind: 'x', leftOut: 40 }));
    expect(problems.all).toMatchObject([{ count: 40 }]);
  });

  it('are at most 50 groups of bounded length', () => {
    const problems = new RecentProblems();
    for (let n = 0; n < 120; n++) {
      const name = String.fromCharCode(97 + (n % 26)).repeat(1 + Math.floor(n / 26));
      problems.write(line('warn', n, `Device ${name} ${'long '.repeat(1000)}`, { text: 'x'.repeat(10_000) }));
    }
    expect(problems.all).toHaveLength(50);
    expect(problems.all[0]?.last).toBe(at(119));
    expect(JSON.stringify(problems.all).length).toBeLessThan(100_000);
  });

  it('ignore what is no line of the log', () => {
    const problems = new RecentProblems();
    for (const text of ['', '{"level":"warn"', '{"level":"error","time":5,"msg":"x"}', 'null']) problems.write(text);
    expect(problems.all).toEqual([]);
  });
});
