/** Units of totals: rates and power are resolved, everything else is value x seconds. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { totalUnit } from '../../../../src/driver/history/total-unit.ts';

describe('the unit of a total', () => {
  it.each([
    ['m³/h', 'm³', 3600],
    ['m3/h', 'm3', 3600],
    ['l/min', 'l', 60],
    ['kg/s', 'kg', 1],
    ['t/d', 't', 86_400],
    ['kg/m²/h', 'kg/m²', 3600],
    ['kWh/day', 'kWh', 86_400],
    [' kg / hr ', 'kg', 3600],
    ['kW', 'kWh', 3600],
    ['MW', 'MWh', 3600],
    ['W', 'Wh', 3600],
    ['mW', 'mWh', 3600],
    ['kvar', 'kvarh', 3600],
    ['A', 'Ah', 3600],
    ['gpm', 'gal', 60],
    ['bpd', 'bbl', 86_400],
  ])('of %s is %s', (unit, expected, seconds) => {
    expect(totalUnit(unit)).toEqual({ unit: expected, seconds });
  });

  it.each([
    [undefined, 's'],
    ['', 's'],
    ['°C', '°C·s'],
    ['kWh', 'kWh·s'],
    ['W/m²', 'W/m²·s'],
    ['m³/H', 'm³/H·s'],
    ['l/m', 'l/m·s'],
    ['kg/month', 'kg/month·s'],
    ['m/s²', 'm/s²·s'],
    ['/h', '/h·s'],
    ['h', 'h·s'],
    ['constructor', 'constructor·s'],
  ])('of %s is not resolved', (unit, expected) => {
    expect(totalUnit(unit)).toEqual({ unit: expected, seconds: 1 });
  });

  it('is what docs/statistics.md says', async () => {
    const page = await readFile('docs/statistics.md', 'utf8');
    const pairs = [...page.matchAll(/`([^`]+)` gives `([^`]+)`/g)].map(([, unit = '', expected = '']) => [
      unit,
      expected,
    ]);
    expect(pairs.length).toBeGreaterThan(6);
    for (const [unit, expected] of pairs) expect([unit, totalUnit(unit).unit]).toEqual([unit, expected]);
  });
});
