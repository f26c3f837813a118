import { describe, expect, it } from 'vitest';
import { csvLine } from '../../../../src/cli/output/csv.ts';
import { fitted } from '../../../../src/cli/output/printable.ts';
import { type FormatOptions, openRows } from '../../../../src/cli/output/rows.ts';
import { hasColor } from '../../../../src/cli/output/style.ts';
import type { Screen, Terminal } from '../../../../src/cli/terminal.ts';

describe('a line of CSV', () => {
  it.each([
    [['a', 1, true, null, undefined, -1.5], 'a,1,true,,,-1.5'],
    [['a,b', 'say "x"', 'two\nlines', ' blank '], '"a,b","say ""x""","two\nlines"," blank "'],
    [['=1+1', '+1', '-1', '@x', '\tx'], "'=1+1,'+1,'-1,'@x,'\tx"],
    [['=HYPERLINK("http://x";"y")'], `"'=HYPERLINK(""http://x"";""y"")"`],
    [['a=b', '3-1', ''], 'a=b,3-1,'],
  ])('of %j is %s', (cells, line) => {
    expect(csvLine(cells, false)).toBe(line);
  });

  it('keeps texts exactly if that is asked for', () => {
    expect(csvLine(['=1+1', '-1'], true)).toBe('=1+1,-1');
  });
});

interface Row {
  name: string;
  value: number;
}

function printed(rows: Row[], options: FormatOptions, screen?: Screen): string[] {
  const lines: string[] = [];
  const terminal: Terminal = {
    out: (line) => lines.push(line),
    err: () => undefined,
    env: { NO_COLOR: '1' },
    ...(screen === undefined ? {} : { screen }),
  };
  const columns = [
    { title: 'name', of: ({ name }: Row) => name, cut: 'start' as const },
    { title: 'value', of: ({ value }: Row) => String(value), align: 'right' as const },
    { title: 'id', of: ({ value }: Row) => `id-${value}` },
  ];
  const writer = openRows<Row>({ table: columns, csv: columns }, options, terminal);
  for (const row of rows) void writer.write(row);
  writer.end();
  return lines;
}

const ROWS: Row[] = [
  { name: '冷却塔', value: 5 },
  { name: 'Area\u001b[31m', value: -12.5 },
];

describe('rows', () => {
  it('are aligned by the width that they have on a terminal', () => {
    expect(printed(ROWS, {})).toEqual([
      'NAME            VALUE  ID',
      '冷却塔              5  id-5',
      'Area\\u{1b}[31m  -12.5  id--12.5',
    ]);
  });

  it('fit the screen, except what must be copied', () => {
    const row = { name: 'Example/Cooling Tower 1/Area A/Temperature', value: 123 };
    const [, line] = printed([row], {}, { columns: 36, rows: 24 });
    expect(line).toMatch(/^….*Area A\/Temperature +123 {2}id-123$/);
    expect(line).toHaveLength(36);
    expect(printed([row], {})[1]).toContain(row.name);
  });

  it('are valid JSON of any number', () => {
    for (const rows of [[], ROWS.slice(0, 1), ROWS]) {
      expect(JSON.parse(printed(rows, { json: true }).join('\n'))).toEqual(rows);
    }
    expect(printed(ROWS, { ndjson: true }).map((line) => JSON.parse(line) as unknown)).toEqual(ROWS);
  });

  it('are CSV with exact texts in a file, and printable ones on a screen', () => {
    expect(printed(ROWS, { csv: true })).toEqual([
      'name,value,id\r',
      '冷却塔,5,id-5\r',
      "Area\u001b[31m,'-12.5,id--12.5\r",
    ]);
    expect(printed(ROWS, { csvExact: true }, { columns: 80, rows: 24 })[2]).toBe('Area\\u{1b}[31m,-12.5,id--12.5\r');
  });

  it('stay aligned, and few are held back, in a long table', () => {
    const rows = Array.from({ length: 1000 }, (_, value) => ({ name: `n${value}`, value }));
    const lines = printed(rows, {});
    expect(lines).toHaveLength(1001);
    expect(lines[1000]).toMatch(/^n999 {4}999 {2}id-999$/);
  });
});

describe('a cut text', () => {
  it.each([
    ['abcdef', 4, 'end', 'abc…'],
    ['abcdef', 4, 'start', '…def'],
    ['冷却塔冷却塔', 5, 'end', '冷却…'],
    ['a👩‍🔧b👩‍🔧c', 4, 'start', '…👩‍🔧c'],
  ] as const)('of %s in %i columns at the %s is %s', (text, width, cut, shown) => {
    expect(fitted(text, width, '…', cut)).toBe(shown);
  });
});

describe('colours', () => {
  const screen = { columns: 80, rows: 24 };
  it.each<[object, Screen | undefined, boolean]>([
    [{}, screen, true],
    [{}, undefined, false],
    [{ NO_COLOR: '1' }, screen, false],
    [{ NO_COLOR: '' }, screen, true],
    [{ FORCE_COLOR: '1' }, undefined, true],
    [{ FORCE_COLOR: '0' }, screen, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, undefined, true],
    [{ TERM: 'dumb' }, screen, false],
  ])('with %j and screen %j: %s', (env, shown, expected) => {
    expect(hasColor({ env: env as Terminal['env'], screen: shown })).toBe(expected);
  });
});
