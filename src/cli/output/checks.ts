/** The result of a check for people: one line and one mark a part. */
import { countMarks, type CheckedGroup, type CheckedPart, type CheckMark } from '../../checks/result.ts';
import { cells, padded, printable } from './printable.ts';
import { hasColor, hasUnicode, paintOf, type Style } from './style.ts';
import type { Terminal } from '../terminal.ts';

/** With colour a sign, otherwise the word. */
const SIGNS: Record<CheckMark, readonly [sign: string, style: Style]> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✗', 'red'],
  'not tried': ['–', 'dim'],
};
const LONGEST_WORD = 'not tried'.length;

type Screen = Pick<Terminal, 'env' | 'screen'>;

/** The lines of all groups, and a last one with the totals. */
export function checkLines(groups: readonly CheckedGroup[], terminal: Screen): string[] {
  return [...groups.flatMap((group) => groupLines(group, terminal)), '', totals(groups)];
}

function groupLines({ kind, name, parts }: CheckedGroup, terminal: Screen): string[] {
  const shown = folded(parts);
  const width = Math.max(0, ...shown.map(({ part }) => cells(part)));
  const lines = shown.map((part) =>
    `  ${marked(part.mark, terminal)}  ${padded(part.part, width)}  ${printable(text(part))}`.trimEnd(),
  );
  return ['', paintOf(terminal)('bold', printable(`${kind} ${name}`)), ...lines];
}

/** Parts of one kind that are all well become one line. Items that are not well keep theirs. */
function folded(parts: readonly CheckedPart[]): CheckedPart[] {
  return parts.flatMap((one) => {
    const same = parts.filter(({ part, item }) => part === one.part && item !== undefined);
    const well = same.filter(({ mark }) => mark === 'ok');
    if (one.mark !== 'ok' || one.item === undefined || well.length === 1) return [one];
    const counted = well.length === same.length ? `all ${same.length}` : `${well.length} of ${same.length}`;
    return one === well[0] ? [{ part: one.part, mark: one.mark, facts: counted }] : [];
  });
}

const text = ({ item, facts, message }: CheckedPart): string =>
  [item === undefined ? undefined : `"${item}"`, facts, message].filter((one) => one !== undefined).join(': ');

function marked(mark: CheckMark, terminal: Screen): string {
  const [sign, style] = SIGNS[mark];
  const hasSigns = hasColor(terminal) && hasUnicode(terminal.env);
  return paintOf(terminal)(style, hasSigns ? sign : mark.padEnd(LONGEST_WORD));
}

function totals(groups: readonly CheckedGroup[]): string {
  const counts = countMarks(groups);
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const verdict = counts.failed === 0 ? 'No part failed.' : `${counts.failed} of ${all} parts failed.`;
  return `${verdict} ${counts.ok} ok, ${counts.warning} with a warning, ${counts['not tried']} not tried.`;
}
