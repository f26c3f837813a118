/** Rules over several keys: when they run, what they see, and where their problems are. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { listRule, rule, validate } from '../../../src/config/rules.ts';

const entry = z.strictObject({ low: z.int().default(3), high: z.int().max(9), note: z.string().optional() }).check(
  rule(['low', 'high'], ({ low, high }, report) => {
    if (low > high) report.problem(['low'], `must be at most ${report.at('high')}, which is ${high}`, String(low));
    if (high === 9) report.warning(['high'], 'is the highest');
  }),
);
const file = z.strictObject({ list: z.array(entry).default([]) }).check(
  rule([], ({ list }, report) => {
    if (report.isValid('list')) report.warning(['list'], `has ${list.length}`);
  }),
);
const read = (value: unknown) => {
  const { issues, warnings, value: draft } = validate(file, value);
  const textOf = ({ path, message, code }: z.core.$ZodIssue) => `${path.join('.')} ${message || code}`;
  return { draft, problems: issues.map(textOf), warnings: warnings.map(textOf) };
};

it('see defaults, and name a location of the file', () => {
  const { issues } = validate(file, { list: [{ high: 5 }, { high: 1 }] });
  expect(issues).toMatchObject([
    { path: ['list', 1, 'low'], message: 'must be at most list[1].high, which is 1', params: { found: '3' } },
  ]);
});

it('run where another key is wrong, but not where one of their own is', () => {
  const { problems, draft } = read({ list: [{ low: 4, high: 1, note: 5, more: 1 }, { low: 10, high: 'x' }, null] });
  expect(problems).toEqual([
    'list.0.note invalid_type',
    'list.0 unrecognized_keys',
    'list.0.low must be at most list[0].high, which is 1',
    'list.1.high invalid_type',
    'list.2 invalid_type',
  ]);
  expect(draft).toMatchObject({ list: [{ low: 4, high: 1 }, { low: 10 }, null] });
});

it('warn without a problem, and the value is there', () => {
  expect(read({ list: [{ high: 9 }] })).toEqual({
    draft: { list: [{ low: 3, high: 9 }] },
    problems: [],
    warnings: ['list.0.high is the highest', 'list has 1'],
  });
});

it.each([null, [], 'text', { list: {} }, { list: null }])('do not run on %j', (value) => {
  expect(read(value)).toMatchObject({ problems: [expect.any(String)], warnings: [] });
});

it('of a list ask whether an entry is valid', () => {
  const seen: unknown[] = [];
  const list = z.array(entry).check(
    listRule((entries, report) => {
      for (const at of entries.keys()) seen.push([at, report.isValid(at), report.isValid(at, 'low')]);
    }),
  );
  validate(list, [{ high: 1, low: 1 }, { high: 'x', low: 1 }, 5, { high: 9 }]);
  expect(seen).toEqual([
    [0, true, true],
    [1, false, true],
    [2, false, false],
    [3, true, true],
  ]);
});
