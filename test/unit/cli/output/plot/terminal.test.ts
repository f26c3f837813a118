import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cells } from '../../../../../src/cli/output/printable.ts';
import { plotTerminal, type PlotChunk, type TerminalPlotOptions } from '../../../../../src/cli/output/plot/index.ts';
import { minutes, series, timeOf } from './series.ts';

const options: TerminalPlotOptions = { width: 62, height: 14, timeZone: 'UTC', color: false, unicode: true };

const plot = (chunks: readonly PlotChunk[], more: Partial<TerminalPlotOptions> = {}): string[] =>
  plotTerminal(chunks, { ...options, ...more }).split('\n');

/** The cells right of the axis of values. */
const plotRows = (lines: readonly string[]): string[] => lines.flatMap((line) => /[│┤](.*)$/.exec(line)?.[1] ?? []);

const plotWidth = (lines: readonly string[]): number =>
  /└(.*)$/.exec(lines.find((line) => line.includes('└')) ?? '')?.[1]?.length ?? 0;

/** The columns of the plot in which something is drawn. */
function drawnColumns(lines: readonly string[]): number[] {
  const found = new Set<number>();
  for (const row of plotRows(lines))
    for (const [at, cell] of Array.from(row).entries()) if (cell !== ' ') found.add(at);
  return Array.from(found).sort((a, b) => a - b);
}

/** The minutes at which something is drawn, of an axis of an hour. */
const drawnMinutes = (lines: readonly string[]): number[] =>
  drawnColumns(lines).map((column) => ((column + 0.5) / plotWidth(lines)) * 60);

const rowWith = (lines: readonly string[], text: string): string => lines.find((line) => line.includes(text)) ?? '';

describe('the terminal plot', () => {
  it('draws a line over the whole range, with round labels, unit and the extremes in the legend', () => {
    const lines = plot([series(minutes(61), minutes(61), { name: 'Level', unit: 'cm' })]);
    expect(lines[0]).toBe('━━ Level (cm)  0 to 60, last 60');
    expect(lines.filter((line) => /^\s*(0|20|40|60) ┤/.test(line))).toHaveLength(4);
    expect(drawnColumns(lines)).toEqual(minutes(plotWidth(lines)));
  });

  it.each([
    ['', (text: string) => text],
    [' whose times have another form', (text: string) => text.replace(/(\.\d+)?Z$/, '.000Z')],
  ])('draws no line across a gap%s', (_form, written) => {
    const chunk = series([0, 10, 50, 60], [1, 1, 2, 2], { gaps: [[written(timeOf(10)), written(timeOf(50))]] });
    const lines = plot([chunk]);
    const drawn = drawnMinutes(lines);
    expect(drawn.filter((minute) => minute > 12 && minute < 48)).toEqual([]);
    expect(drawn.filter((minute) => minute < 12).length).toBeGreaterThan(6);
    expect(drawn.filter((minute) => minute > 48).length).toBeGreaterThan(6);
    expect(lines.at(-1)).toBe('seeq:plant/signal/1: 1 gap');
  });

  it('draws no line to or from a bad sample, and marks it', () => {
    const lines = plot([series([0, 10, 30, 50, 60], [1, 1, null, 2, 2], { flags: [[2, 2, 'Bad Data']] })]);
    expect(drawnMinutes(lines).filter((minute) => minute > 12 && minute < 48)).toEqual([]);
    const marked = rowWith(lines, 'quality').indexOf('×') - rowWith(lines, '└').indexOf('└') - 1;
    expect(marked).toBe(Math.floor(plotWidth(lines) / 2));
    expect(lines.at(-1)).toContain('1 of 5 samples without a usable value');
  });

  it('draws no value that is marked as bad', () => {
    const lines = plot([series([0, 30, 60], [1, 1000, 1], { flags: [[1, 1, 'Bad Data']] })]);
    expect(lines[0]).toBe('━━ seeq:plant/signal/1  1, last 1');
    expect(lines.at(-1)).toContain('1 of 3 samples without a usable value');
  });

  it('keeps the gap of a series whose chunks meet there', () => {
    const gaps: PlotChunk['gaps'] = [[timeOf(10), timeOf(50)]];
    const lines = plot([series([0, 10], [1, 1], { more: true }), series([50, 60], [2, 2], { gaps })]);
    expect(drawnMinutes(lines).filter((minute) => minute > 12 && minute < 48)).toEqual([]);
  });

  it('holds a step up to the next sample, and the last one up to its end only', () => {
    const chunk = series([0, 30], [1, 2], { step: true, holdsUntil: timeOf(45) });
    const lines = plot([chunk], { from: timeOf(0), to: timeOf(60) });
    const columns = drawnColumns(lines);
    expect(drawnMinutes(lines).at(-1)).toBeLessThanOrEqual(46);
    expect(drawnMinutes(lines).at(-1)).toBeGreaterThan(43);
    expect(columns).toEqual(minutes(columns.length));
    // No slope: one row for each of the values, and the riser between them.
    const upper = lines.find((line) => /[⠉⠒⠤⣀]{5}/.test(line)) ?? '';
    expect(upper).not.toBe('');
  });

  it('draws nothing after the last sample of a step that does not hold', () => {
    const lines = plot([series([0, 30], [1, 2], { step: true })], { from: timeOf(0), to: timeOf(60) });
    expect(drawnMinutes(lines).at(-1)).toBeLessThanOrEqual(31);
  });

  it('marks questionable samples and draws them', () => {
    const lines = plot([series(minutes(61), minutes(61), { flags: [[29, 31, 'Questionable']] })]);
    expect(rowWith(lines, 'quality')).toMatch(/\?{2,4}$/);
    expect(drawnColumns(lines)).toEqual(minutes(plotWidth(lines)));
    expect(lines.at(-1)).toContain('3 of 61 samples questionable');
  });

  it('takes a number that is not finite for a bad sample', () => {
    const lines = plot([series([0, 30, 60], [1, NaN, 3])]);
    expect(rowWith(lines, 'quality')).toContain('×');
    expect(lines.at(-1)).toContain('1 of 3 samples without a usable value');
  });

  it('shows statistics as points', () => {
    const lines = plot([series([0, 20, 40, 60], [1, 1, 1, 1], { method: 'average' })]);
    expect(drawnColumns(lines)).toHaveLength(4);
    expect(lines[0]).toContain('average');
  });

  it('shows text as a band with its values, and a letter where the name does not fit', () => {
    const chunk = series([0, 30, 57], ['ON', 'OFF', 'STANDBY'], { name: 'State', holdsUntil: timeOf(90) });
    const lines = plot([chunk], { from: timeOf(0), to: timeOf(60) });
    expect(lines[0]).toMatch(/^State {2}a=ON {2}b=OFF {2}c=STANDBY/);
    expect(lines[1]).toMatch(/│▏ON {20,}▏OFF {15,}▏c+$/);
  });

  it('says in which column of a band there are more values than can be shown', () => {
    const values = Array.from({ length: 600 }, (_, at) => `value ${at}`);
    const lines = plot([
      series(
        Array.from(values, (_, at) => at / 60),
        values,
      ),
    ]);
    expect(lines[0]).toContain('#=588 other values');
    expect(lines[1]).toContain('****');
  });

  it('gives each unit a panel of its own', () => {
    const [a, b] = [series([0, 60], [1, 2], { unit: '°C' }), series([0, 60], [1000, 2000], { unit: 'kW', index: 1 })];
    const lines = plot([a, b], { height: 20 });
    expect(lines.filter((line) => line.startsWith('━━'))).toHaveLength(2);
    const labels = lines.flatMap((line) => /^\s*(\S+) ┤/.exec(line)?.[1] ?? []);
    expect(labels).toEqual(expect.arrayContaining(['1.0', '2.0', '1000', '2000']));
  });

  it('tells series of one unit apart by symbols without colour, and by colour with it', () => {
    const chunks = [series([0, 60], [1, 2]), series([0, 60], [2, 1], { index: 1, fqn: 'seeq:plant/signal/2' })];
    expect(
      plot(chunks)
        .slice(0, 2)
        .map((line) => line[0]),
    ).toEqual(['*', '+']);
    const colored = plot(chunks, { color: true }).join('\n');
    for (const code of [36, 33]) {
      const runs = colored.split(`\u001b[${code}m`).slice(1);
      expect(runs.some((run) => /^[\u2800-\u28ff]+/.test(run))).toBe(true);
    }
  });

  it('names series that it does not draw', () => {
    const chunks = Array.from({ length: 10 }, (_, at) =>
      series([0, 60], [at, at + 1], { index: at, unit: `u${at}`, name: `Tag ${at}` }),
    );
    expect(plot(chunks).at(-1)).toBe('Not drawn, because there are too many series: Tag 8, Tag 9');
  });

  it('draws one sample, and says so where there is none', () => {
    expect(drawnColumns(plot([series([5], [7])]))).toHaveLength(1);
    expect(plot([series([], [])])).toEqual(['seeq:plant/signal/1: no samples']);
    expect(plot([])).toEqual(['No series.']);
    const empty = plot([series([], [], { name: 'Level' })], { from: timeOf(0), to: timeOf(60) });
    expect(empty[0]).toBe('━━ Level  no value in this range');
    expect(empty.at(-1)).toBe('Level: no samples in this range');
    expect(drawnColumns(empty)).toEqual([]);
  });

  it('cuts a line that goes beyond the range at the ends of the axis', () => {
    const lines = plot([series([-60, 120], [0, 180])], { from: timeOf(0), to: timeOf(60) });
    expect(lines[0]).toBe('━━ seeq:plant/signal/1  60 to 120');
    expect(drawnColumns(lines)[0]).toBe(0);
  });

  it('writes ASCII only, if the terminal has no Unicode', () => {
    const lines = plot(
      [
        series(minutes(61), minutes(61), { flags: [[3, 4, 'Questionable']], name: 'a very long name '.repeat(9) }),
        series([0, 60], ['ON', 'OFF'], { index: 1, name: 'x\u0000' }),
      ],
      { unicode: false, color: true },
    );
    expect(stripVTControlCharacters(lines.join('\n'))).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('passes no control character of a server on, and keeps to the width', () => {
    const evil = 'a\u001b]0;x\u0007\r\n\u202e\u009b31m日本語';
    const chunks = [
      series([0, 60], [1, 2], { name: evil.repeat(20), unit: evil }),
      series([0, 60], [evil, evil.repeat(9)], { index: 1, name: evil }),
    ];
    const lines = plot(chunks);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(Math.max(...lines.map(cells))).toBeLessThanOrEqual(options.width);
  });

  it.each([
    ['the largest numbers', [-Number.MAX_VALUE, 0, Number.MAX_VALUE]],
    ['the smallest numbers', [5e-324, 1e-323, -5e-324]],
    ['a constant', [42, 42, 42]],
    ['zero', [0, 0, 0]],
    ['neighbouring doubles', [1, 1 + Number.EPSILON, 1]],
    ['a large offset', [1e9, 1e9 + 0.001, 1e9]],
    ['the largest number alone', [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
  ])('draws %s', (_, values) => {
    const lines = plot([series([0, 30, 60], values)]);
    expect(drawnColumns(lines)).toEqual(minutes(drawnColumns(lines).length));
    expect(lines.join('\n')).not.toMatch(/NaN|Infinity/);
    const labels = lines.flatMap((line) => /^\s*(\S+) ┤/.exec(line)?.[1] ?? []);
    expect(labels.length).toBeGreaterThanOrEqual(2);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('has the size of the terminal, however long the series is', () => {
    const times = Array.from({ length: 20_000 }, (_, at) => at / 60);
    const values = times.map((_, at) => (at % 3 === 0 ? null : Math.sin(at)));
    const lines = plot([series(times, values)]);
    expect(lines.length).toBeLessThanOrEqual(options.height + 1);
    expect(Math.max(...lines.map(cells))).toBeLessThanOrEqual(options.width);
  });

  it('draws nanoseconds', () => {
    const times = [1, 5, 9].map((ns) => `2026-01-01T00:00:00.00000000${ns}Z`);
    const lines = plot([series(times, [1, 3, 2])]);
    expect(lines.join('\n')).toContain('.000000004');
    expect(drawnColumns(lines).length).toBeGreaterThan(50);
  });
});
