import { describe, expect, it } from 'vitest';
import { paramsJsonSchema } from '../../../src/contract/functions/define.ts';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { DriverError, errorCodeNames, errorCodes } from '../../../src/contract/errors.ts';
import { parseParams } from '../../../src/contract/params.ts';
import { discrete } from '../../../src/contract/functions/data.ts';

describe('the table of functions', () => {
  it("holds IOTA's documented names", () => {
    const documented = [
      'tagsearch',
      'elementsearch',
      'timeframesearch',
      'snapshot',
      'eventpipepoll',
      'plotted',
      'interpolated',
      'discrete',
      'writedata',
      'version',
      'hosts',
      'functions',
      'workbooks',
      'datasources',
    ];
    expect(functionTable.map(({ name }) => name)).toEqual(expect.arrayContaining(documented));
  });

  it.each(functionTable.map((declaration) => [declaration.name, declaration] as const))(
    '%s has a closed JSON Schema',
    (_name, declaration) => {
      expect(paramsJsonSchema(declaration)).toMatchObject({ type: 'object', additionalProperties: false });
    },
  );
});

describe('parameters', () => {
  const parse = (params: unknown) => parseParams(discrete, params);

  it('get their defaults', () => {
    expect(parse({ items: ['x'], start: '*-1h', end: '*' })).toMatchObject({ boundary: 'inside', timeZone: 'UTC' });
  });

  const of = (name: string) => functionTable.find((declaration) => declaration.name === name) ?? expect.fail(name);
  const range = { items: ['x'], start: '*-1h', end: '*' };

  it('that are null, or an empty text that has no meaning, count as absent', () => {
    const absent = { boundary: '', limit: null, cursor: '', timeZone: '' };
    expect(parse({ ...range, ...absent })).toEqual(parse(range));
    const search = of('tagsearch');
    const left = { query: null, field: '', workbook: '', datasource: null, asset: '', orderBy: '', kinds: null };
    expect(parseParams(search, left)).toEqual(parseParams(search, null));
    // A text with a meaning of its own stays.
    expect(parseParams(of('elementsearch'), { parent: '' })).toMatchObject({ parent: '' });
  });

  it.each<[string, object, string]>([
    ['aggregated', { ...range, intervalMs: 1, methods: ['avg'] }, 'not "avg"; did you mean "average"?'],
    ['aggregated', { ...range, intervalMs: 1, methods: ['mean'] }, 'did you mean "average"?'],
    ['aggregated', { ...range, intervalMs: 1, methods: ['maximum'] }, 'did you mean "max"?'],
    ['aggregated', { ...range, intervalMs: 1, methods: ['STDDEV'] }, 'did you mean "stdDev"?'],
    ['discrete', { ...range, start: undefined }, 'Parameter "start" is missing. ISO 8601'],
    ['discrete', { ...range, start: 1_795_810_537.5 }, 'looks like epoch seconds: write 1795810537500'],
    ['discrete', { ...range, limit: 0 }, 'Parameter "limit" must be at least 1 (found 0).'],
    ['plotted', { ...range, count: 0 }, 'Parameter "count" must be at least 1 (found 0).'],
    ['eventpipepoll', { items: ['x'], leaseMs: 0 }, 'must be at least 1000 (leave it out for 60000) (found 0)'],
    [
      'aggregated',
      { ...range, methods: ['a', 'maximum'] },
      '"methods[1]" must be one of the values above, not "maximum"; did',
    ],
    ['discrete', { ...range, timeoutMs: 5 }, 'it belongs beside "params", not into it'],
    ['snapshot', { items: ['x', null] }, 'Parameter "items[1]" must be a string, not null.'],
    ['snapshot', { items: [] }, 'Parameter "items" must not be empty.'],
    ['snapshot', { fqns: ['x'] }, 'did you mean "items"?'],
    ['version', { a: 1 }, 'Parameter "a" is not a known parameter; none is known here.'],
  ])('%s says of %j what would be right', (name, params, text) => {
    expect(() => parseParams(of(name), params)).toThrow(text);
  });

  it('are refused with every problem, by name', () => {
    const bad = { items: [], start: true, end: '*', boundry: 'outside', limit: 0.5 };
    expect(() => parse(bad)).toThrow(DriverError);
    for (const part of ['"items"', '"start"', '"boundry"', '"limit"', 'did you mean "boundary"?']) {
      expect(() => parse(bad)).toThrow(part);
    }
  });
});

it('every error code has a number and advice for a person', () => {
  expect(errorCodeNames).toHaveLength(14);
  for (const code of errorCodeNames) {
    expect(errorCodes[code].status).toBeGreaterThanOrEqual(400);
    expect(errorCodes[code].advice).toMatch(/\.$/);
  }
});
