/** What is said of a parameter with a wrong value, whichever function it is of, and whichever part of the driver finds out. */
import { expect, it } from 'vitest';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { fqn, source, testDriver } from '../../support/driver.ts';

const items = [fqn('a', 'signal', 's')];
const range = { items, start: '*-1h', end: '*' };
const RIGHT: Record<string, object> = {
  describe: { items },
  snapshot: { items },
  discrete: range,
  plotted: range,
  interpolated: { ...range, count: 2 },
  aggregated: { ...range, count: 2 },
  timeframesearch: { start: '*-1h', end: '*' },
  cancel: { request: 'x' },
};

const WRONG = [
  ...[0, -1, 1.5, 1e15, 1e300, 1e-9, true, [], {}, ['x'], [[]], [null], [{}]],
  ...['x', ' ', '\0', '1795810537', '2026-02-30', '15M', '9000y', '/(a+)+/', '/[/', '/a/i', 'clock'],
  ...['seeq:a/signal/s', 'seeq:a/asset'],
];

const served = functionTable.filter(({ name, unsupported }) => unsupported === undefined && name !== 'eventpipepoll');

it.each(served.flatMap(({ name, params }) => Object.keys(params.shape).map((parameter) => [name, parameter])))(
  '%s: each refusal of "%s" is of it, in one form, and has one sentence',
  async (name, parameter) => {
    const { ask } = testDriver([source('a')]);
    for (const wrong of WRONG) {
      const { error } = await ask(name, { ...RIGHT[name], [parameter]: wrong });
      if (error === undefined || error.details?.field === 'fqn') continue;
      if (error.code !== 'badRequest' && error.code !== 'tooLarge') continue;
      // The parameters of a grid, of which one may be given.
      if (error.message.startsWith('Give only one of "interval"')) continue;
      expect(error.message.match(/(?:^|[.?] )Parameter "/g), `${JSON.stringify(wrong)}: ${error.message}`).toHaveLength(
        1,
      );
      expect(String(error.details?.field).split(/[.[]/)[0]).toBe(parameter);
      expect(error.message).toMatch(/^Parameter "\w+[\w.[\]]*" \S[^]*[.?]$/);
    }
  },
);
