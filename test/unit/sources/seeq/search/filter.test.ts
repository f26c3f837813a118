/** Filters as text: any name means itself, in the strictest dialect of regular expressions that could read them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalsClause, patternFilters, withClauses } from '../../../../../src/sources/seeq/search/filter.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(...Array.from('&|-[]()\\/^$.*+?{}"\'=~ aB7ßǅ温')), minLength: 1 }),
);

/** The expression of a clause `field==/…/` or `field~=/…/`; undefined where the value is plain. */
const expression = (clause: string) => /^Name(?:==|~=)\/(.*)\/$/s.exec(clause)?.[1];

/** What Java would read otherwise: a bracket or a doubled sign within a class. */
const safeInJava = (regex: string) =>
  (regex.match(/\\.|\[(?:\\.|[^\]\\])*\]/gsu) ?? []).every(
    (part) => !part.startsWith('[') || !/\[|&&/.test(part.slice(1)),
  );

/** Names that are the same for a person. */
const SAME: readonly (readonly string[])[] = [
  ['Motör', 'MOTÖR', 'Motör'.normalize('NFD'), 'MOTÖR'.normalize('NFD')],
  ['ế', '\u00ea\u0301', 'e\u0302\u0301', 'Ế'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος', 'σίσυφος'.normalize('NFD')],
  ['насос', 'НАСОС', 'Насос'],
  ['й', 'Й', 'и\u0306'],
  ['K', 'k', '\u212a'],
  ['Ångström', '\u212bngström', 'ångström'],
  ['5 Ω', '5 \u2126', '5 ω'],
  ['µm', '\u03bcm', 'ΜM'],
  ['ẞ', 'ß'],
  ['שׁמן', '\ufb2aמן'],
  ['한', '한'.normalize('NFD')],
  ['豈', '\uf900'],
  ['I\u0307', 'İ'],
];

describe('a text', () => {
  it.each(SAME.map((forms) => [forms[0], forms] as const))('finds %s in each of its forms', (_name, forms) => {
    for (const name of forms) {
      const whole = new RegExp(`^(?:${expression(equalsClause('Name', name)) ?? ''})$`, 'su');
      const glob = patternFilters({ kind: 'glob', text: `*${name}` }, ['Name'])[0] ?? '';
      const anywhere = new RegExp(`^(?:${expression(glob) ?? ''})$`, 'su');
      for (const other of forms) {
        expect(whole.test(other), `${name} ${other}`).toBe(true);
        expect(whole.test(`\u00a0${other} \u200b`)).toBe(true);
        expect(anywhere.test(`pump ${other} `)).toBe(true);
      }
    }
  });

  it('keeps apart what is not the same', () => {
    for (const [name, other] of [
      ['m²', 'm2'],
      ['Ａ', 'A'],
      ['motor', 'motör'],
      ['ﬁ', 'fi'],
    ] as const) {
      const regex = expression(equalsClause('Name', name)) ?? '';
      expect(new RegExp(`^(?:${regex})$`, 'su').test(other), `${name} ${other}`).toBe(false);
    }
  });

  it('has a ? for a letter and its marks', () => {
    const regex = expression(patternFilters({ kind: 'glob', text: 'mot?r' }, ['Name'])[0] ?? '') ?? '';
    for (const name of ['motor', 'Motör', 'Motör'.normalize('NFD')]) {
      expect(new RegExp(`^(?:${regex})$`, 'su').test(name)).toBe(true);
    }
  });

  it('matches itself and nothing longer, in a form that no dialect takes for anything else', () => {
    fc.assert(
      fc.property(text, (name) => {
        const regex = expression(equalsClause('Name', name));
        expect(regex).toBeDefined();
        const whole = new RegExp(`^(?:${regex ?? ''})$`, 'su');
        expect(whole.test(name)).toBe(true);
        expect(whole.test(`${name}x`)).toBe(false);
        expect(safeInJava(regex ?? '')).toBe(true);
        // The words between clauses cannot be found in it.
        expect(regex).not.toMatch(/&&/);
      }),
    );
  });

  it('is sent plain only where it holds no sign of the grammar', () => {
    fc.assert(
      fc.property(text, (name) => {
        const [clause = ''] = patternFilters({ kind: 'contains', text: name }, ['Name']);
        const regex = expression(clause);
        if (regex === undefined) expect(clause.slice('Name~='.length)).toMatch(/^[\w -]+$/);
        else expect(new RegExp(regex, 'su').test(`before ${name} after`)).toBe(true);
      }),
    );
  });

  it('is a pattern where it has wildcards', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const plain = (part: string) => part.replaceAll(/[*?]/g, '');
        const [clause = ''] = patternFilters({ kind: 'glob', text: `${plain(a)}*${plain(b)}?` }, ['Name']);
        expect(new RegExp(`^(?:${expression(clause) ?? ''})$`, 'su').test(`${plain(a)} anything ${plain(b)}!`)).toBe(
          true,
        );
      }),
    );
  });
});

it.each([
  ['a&&b', 'a&[&]b'],
  ['[a&&b]&&', '[a&&b]&[&]'],
  ['\\[&&\\]', '\\[&[&]\\]'],
  ['[\\]&&]', '[\\]&&]'],
])('the expression %s is sent as %s', (given, sent) => {
  expect(patternFilters({ kind: 'regex', text: given }, ['Name'])).toEqual([`Name~=/${sent}/`]);
});

it('clauses join every alternative, and stand alone where there is none', () => {
  expect(withClauses(['a', 'b'], ['c', 'd'])).toEqual(['a && c && d', 'b && c && d']);
  expect(withClauses([], ['c'])).toEqual(['c']);
  expect(withClauses(['a'], [])).toEqual(['a']);
  expect(patternFilters({ kind: 'all' }, ['Name'])).toEqual([]);
});
