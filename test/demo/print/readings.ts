/** Readings as a table. */
import type { Reading } from '../../../src/contract/reading.ts';
import type { Heard } from '../readings.ts';
import { block, blockWidth } from './page.ts';
import { bad, doubtful, good } from './style.ts';
import { table } from './table.ts';

const STYLES: Readonly<Record<string, (text: string) => string>> = { Good: good, Questionable: doubtful };

export function showReadings(heard: readonly Heard<Reading>[]): void {
  const columns = [
    { title: 'name', least: 16 },
    { title: 'time', least: 12 },
    { title: 'value', align: 'right' as const },
    { title: 'unit' },
    { title: 'status', style: (cell: string) => (STYLES[cell.trim()] ?? bad)(cell) },
  ];
  const rows = heard.map(({ body: { name, time, value, unit, status } }) => [
    name,
    time.slice(11),
    value === null ? '—' : String(value),
    unit ?? '',
    status,
  ]);
  block([...table(columns, rows, blockWidth()), '']);
}
