/** The page of troubleshooting has what operators see: each message is one that the code makes. */
import { expect, it } from 'vitest';
import { errorCodeNames } from '../../src/contract/errors.ts';
import { feedStates } from '../../src/contract/health.ts';
import { knownReasons } from '../../src/mqtt/reason-codes.ts';
import { troubleshootingPage } from '../../scripts/generators/troubleshooting.ts';

const page = troubleshootingPage();
const sections = new Map(page.split(/\n#{2,3} /).map((text) => [text.split('\n')[0] ?? '', text]));
const rowsOf = (title: string): string[][] =>
  Array.from((sections.get(title) ?? '').matchAll(/^\| (.*) \|$/gm), ([, row = '']) => row.split(' | ')).filter(
    ([first = '']) => first !== '---',
  );

it('has every error code, feed state and reason code', () => {
  for (const code of errorCodeNames) expect(page).toContain(`| [\`${code}\`](errors.md) |`);
  expect(rowsOf('Feeds').slice(1).map(([state]) => state)).toEqual(feedStates.map((state) => `\`${state}\``));
  const { connack, disconnect } = knownReasons();
  const codes = rowsOf('MQTT brokers').flatMap(([first = '']) => (/^\d+$/.test(first) ? [Number(first)] : []));
  expect(codes).toEqual([...connack, ...disconnect]);
});

it.each(['The NATS server', 'MQTT brokers'])('each code of "%s" has a message of its own', (title) => {
  const rows = rowsOf(title).filter(([code = '']) => code.startsWith('`'));
  expect(rows.length).toBeGreaterThan(18);
  expect(new Set(rows.map(([, message]) => message)).size).toBe(rows.length);
});

it('a stream has a row for each defect', () => {
  const states = rowsOf('The stream of readings').slice(1).map(([state]) => state);
  expect(states).toEqual([...Array<string>(5).fill('`unavailable`'), ...Array<string>(3).fill('`degraded`')]);
});

it('has nothing that an operator cannot read', () => {
  expect(page).not.toMatch(/undefined|\[object|NaN/);
});
