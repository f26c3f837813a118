/** Filters as text: any name means itself, in the strictest dialect of regular expressions that could read them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalsClause, patternFilters, withClauses } from '../../../src/sources/seeq/filter.ts';

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

describe('a text', () => {
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
