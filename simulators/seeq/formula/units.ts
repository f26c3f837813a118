/** Units in the text of a formula, and what becomes of them in a calculation. */
import { UNIT_NAMES, unitOf } from '../series/units.ts';
import { durationUnit } from '../series/time.ts';

export interface UnitText {
  readonly name: string;
  /** Characters that it takes, those of the space before it included. */
  readonly length: number;
  readonly isTime: boolean;
}

const NO_UNIT: UnitText = { name: '', length: 0, isTime: false };
const WORD = /([ \t]*)([a-zA-Z]+)(?![\w(])/y;

/** The unit that a number has, by the text that follows it. */
export function unitBefore(formula: string, at: number): UnitText {
  WORD.lastIndex = at;
  const word = WORD.exec(formula);
  const space = /[ \t]*/y;
  space.lastIndex = at;
  const skipped = space.exec(formula)?.[0].length ?? 0;
  const known = UNIT_NAMES.find(
    (name) => formula.startsWith(name, at + skipped) && endsAt(formula, at + skipped, name),
  );
  // The longest wins, so that m³/h is not taken for m³.
  if (known !== undefined && known.length >= (word?.[2]?.length ?? 0)) {
    return { name: known, length: skipped + known.length, isTime: unitOf(known)?.dimension === 'Time' };
  }
  if (word?.[2] !== undefined && durationUnit(word[2]) !== undefined) {
    return { name: word[2], length: word[0].length, isTime: true };
  }
  return NO_UNIT;
}

/** A unit of letters must not be the beginning of a longer word. */
function endsAt(formula: string, at: number, name: string): boolean {
  const next = formula[at + name.length] ?? '';
  return !/[A-Za-z$]$/.test(name) || !/[\w(]/.test(next);
}

/** Unit of a product; a number without unit leaves the other's. [Inferred.] */
export function productUnit(a: string, b: string): string {
  if (a === '' || b === '') return a + b;
  return `${a}·${b}`;
}

/** Unit of a quotient. [Inferred.] */
export function quotientUnit(a: string, b: string): string {
  if (b === '') return a;
  if (a === b) return '';
  return `${a === '' ? '1' : a}/${b}`;
}
