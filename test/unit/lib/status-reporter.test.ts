import { expect, it, vi } from 'vitest';
import { StatusReporter } from '../../../src/lib/status-reporter.ts';

it('reports each change once, and logs it first', () => {
  const calls: string[] = [];
  const reporter = new StatusReporter<'up' | 'down'>({
    initial: 'up',
    log: ({ state, message = '' }) => calls.push(`log ${state} ${message}`),
    onChange: ({ state, message = '' }) => calls.push(`change ${state} ${message}`),
  });
  reporter.report('up');
  reporter.report('down', 'The host is unknown.');
  reporter.report('down', 'The host is unknown.');
  reporter.report('down', 'The host refuses.');
  expect(calls).toEqual([
    ...['log down The host is unknown.', 'change down The host is unknown.'],
    ...['log down The host refuses.', 'change down The host refuses.'],
  ]);
  expect(reporter.status).toEqual({ state: 'down', message: 'The host refuses.' });
});

it('a new message does not change the start of a state', () => {
  vi.useFakeTimers({ now: 1000 });
  const reporter = new StatusReporter<'up' | 'down'>({ initial: 'up' });
  vi.setSystemTime(2000);
  reporter.report('down', 'one');
  vi.setSystemTime(3000);
  reporter.report('down', 'two');
  expect(reporter.sinceMs).toBe(2000);
  reporter.report('up');
  expect(reporter.sinceMs).toBe(3000);
  vi.useRealTimers();
});
