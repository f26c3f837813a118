/** The time axis of a plot in a terminal. */
import type { Paper } from './terminal-paper.ts';
import { rangeText, timeTicks } from './time-axis.ts';

export function timeLines(timeZone: string, { span, columns, gutter, style, width }: Paper): string[] {
  const ticks = timeTicks(span, timeZone, Math.max(2, Math.floor(columns / 13)));
  const rule = new Array<string>(columns).fill(style.pick('─', '-'));
  const labels = new LabelLine(columns);
  const below = new LabelLine(columns);
  for (const tick of ticks) {
    const column = Math.min(columns - 1, Math.floor(tick.position * columns));
    rule[column] = style.pick('┬', '+');
    labels.put(tick.label, column - Math.floor(tick.label.length / 2));
    if (tick.below !== undefined) below.put(tick.below, column - Math.floor(tick.label.length / 2));
  }
  const indent = ' '.repeat(gutter + 2);
  return [
    `${' '.repeat(gutter)} ${style.pick('└', '+')}${rule.join('')}`,
    indent + labels.text,
    ...(below.text === '' ? [] : [indent + below.text]),
    ...rangeLines(rangeText(span, timeZone), { indent, width }).map((line) => style.fit(line, width)),
  ].map((line) => style.paint('dim', line));
}

/** The range below the axis; where it is too long, its zone is a line of its own. */
function rangeLines(text: string, { indent, width }: { indent: string; width: number }): string[] {
  if (indent.length + text.length <= width) return [indent + text];
  const [, range = text, zone = ''] = /^(.{19}\S* to .{19}\S*) (.*)$/.exec(text) ?? [];
  return [range, zone];
}

/** A line of labels that do not touch each other. */
class LabelLine {
  readonly #columns: number;
  text = '';

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Puts a label at a column, or further left if it would end behind the line. Left out if there is no room. */
  put(label: string, column: number): void {
    const at = Math.max(0, Math.min(column, this.#columns - label.length));
    if (this.text !== '' && at <= this.text.length) return;
    this.text = this.text.padEnd(at) + label;
  }
}
