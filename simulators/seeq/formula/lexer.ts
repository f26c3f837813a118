/**
 * Cuts the text of a formula into words. White space and `//` comments separate words and mean nothing else. A number
 * takes the unit that follows it, with or without a space: `15min`, `30 days`, `95°F`.
 */
import { unitBefore } from './units.ts';
import { FormulaProblem, type Place } from './problem.ts';

export interface Token {
  readonly kind: 'number' | 'text' | 'variable' | 'name' | 'mark' | 'end';
  /** The number, the text without quotes, the name without `$`, or the mark itself. */
  readonly text: string;
  /** Unit of a number; empty without one. */
  readonly unit?: string;
  /** What may follow a duration to place a grid: a time zone and a time. */
  readonly grid?: { readonly zone?: string; readonly origin?: string };
  readonly place: Place;
}

const MARKS = ['<=', '>=', '==', '!=', '&&', '||', '+', '-', '*', '/', '^', '<', '>', '=', '(', ')', ',', '.', '!'];
const SPACE = /(?:\s|\/\/[^\n]*)+/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_]\w*/y;
const VARIABLE = /\$(\w+)/y;
const TEXT = /"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'/y;
const ZONE = /[ \t]+([A-Z][\w+-]*\/[\w/+-]+|UTC)(?![\w(])/y;
const ORIGIN = /[ \t]+(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)/y;

/** @throws FormulaProblem for a character that no formula has */
export function tokensOf(formula: string): Token[] {
  const tokens: Token[] = [];
  const places = placesOf(formula);
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(formula);
    if (found !== null) at += found[0].length;
    return found ?? undefined;
  };
  for (;;) {
    match(SPACE);
    const place = places(at);
    if (at >= formula.length) {
      tokens.push({ kind: 'end', text: '', place });
      return tokens;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      const unit = unitBefore(formula, at);
      at += unit.length;
      const zone = unit.isTime ? match(ZONE)?.[1] : undefined;
      const origin = unit.isTime ? match(ORIGIN)?.[1] : undefined;
      const grid = { ...(zone === undefined ? {} : { zone }), ...(origin === undefined ? {} : { origin }) };
      tokens.push({ kind: 'number', text: number[0], unit: unit.name, grid, place });
      continue;
    }
    const text = match(TEXT);
    if (text !== undefined) {
      const inner = text[1] ?? text[2] ?? '';
      tokens.push({ kind: 'text', text: inner.replace(/\\([\s\S])/g, '$1'), place });
      continue;
    }
    const variable = match(VARIABLE);
    if (variable !== undefined) {
      tokens.push({ kind: 'variable', text: variable[1] ?? '', place });
      continue;
    }
    const name = match(NAME);
    if (name !== undefined) {
      tokens.push({ kind: 'name', text: name[0], place });
      continue;
    }
    const mark = MARKS.find((candidate) => formula.startsWith(candidate, at));
    if (mark === undefined) {
      const character = String.fromCodePoint(formula.codePointAt(at) ?? 0);
      throw new FormulaProblem('SYNTAX', `The character '${character}' is not expected here`, place);
    }
    at += mark.length;
    tokens.push({ kind: 'mark', text: mark, place });
  }
}

/** Line and column of an offset; offsets must not go back. */
function placesOf(text: string): (offset: number) => Place {
  let line = 1;
  let lineStart = 0;
  let seen = 0;
  return (offset) => {
    for (; seen < offset; seen += 1) {
      if (text[seen] === '\n') {
        line += 1;
        lineStart = seen + 1;
      }
    }
    return { line, column: offset - lineStart + 1 };
  };
}
