import { describe, expect, it } from 'vitest';
import { paramsJsonSchema } from '../../src/contract/functions/define.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { DriverError, errorCodeNames, errorCodes } from '../../src/contract/errors.ts';
import { parseParams } from '../../src/contract/problems.ts';
import { discrete } from '../../src/contract/functions/data.ts';

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
  const parse = (params: unknown) => parseParams(discrete.params, params);

  it('get their defaults', () => {
    expect(parse({ items: ['x'], start: '*-1h', end: '*' })).toMatchObject({ boundary: 'inside', timeZone: 'UTC' });
  });

  it('are refused with every problem, by name', () => {
    const bad = { items: [], start: true, end: '*', boundry: 'outside', limit: 0.5 };
    expect(() => parse(bad)).toThrow(DriverError);
    for (const part of ['"items"', '"start"', '"boundry"', '"limit"', 'known parameters: items, start']) {
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
