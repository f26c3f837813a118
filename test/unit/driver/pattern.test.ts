/** What a caller's search text means, and that a hostile one costs nothing. */
import { describe, expect, it } from 'vitest';
import { readPattern } from '../../../src/driver/search/pattern.ts';

describe('a regular expression', () => {
  it.each([
    '/^T.*[0-9]$/',
    '/\\p{L}+/',
    // Java has names that JavaScript does not know.
    '/\\p{Alpha}+[\\p{Lower}]/',
    '/\\\\p/',
    // Of other dialects.
    '/[a-z&&[^b]]/',
  ])('%s goes to the source as it is', (query) => {
    expect(readPattern(query)).toEqual({ kind: 'regex', text: query.slice(1, -1) });
  });

  it.each<[string, string]>([
    ['/(/', 'must be a regular expression (unterminated group): write \\ before a sign'],
    ['/\\p{L}(/', 'unterminated group'],
    ['/a**/', 'nothing to repeat'],
    ['/[/', 'must be a regular expression ('],
    ['/\\p{L}{2,1}/', 'must be a regular expression ('],
    ['/pump/i', 'takes no flags ("i") after a regular expression: write "/pump/"'],
    ['/a\\/b/gi', 'takes no flags ("gi")'],
    ['/(\\d+)-\\1/', 'must not refer back (\\1)'],
    ['/(?<n>a)\\k<n>/', 'must not refer back'],
    ['/^(a+)+$/', 'must not repeat a group that can match in several ways'],
    ['/(?:a|aa)*b/', 'must not repeat a group'],
    ['/(aa?)+$/', 'must not repeat a group'],
    ['/((a{1,3}))+$/', 'must not repeat a group'],
    ['/(a*){2,}$/', 'must not repeat a group'],
    ['/(a|b){40}/', 'must not repeat a group'],
    [`/${'.?'.repeat(40)}x/`, 'must not have so many choices in a row'],
    [`/${'(?:.|.)'.repeat(40)}x/`, 'must not have so many choices in a row'],
    [`/${'[a-z]{0,8}'.repeat(9)}x/`, 'must not have so many choices in a row'],
    [`/(${'(a|b)'.repeat(8)}){4}/`, 'must not have so many choices in a row'],
    ['/(.*a){7}/', 'must not have more than 6 repetitions'],
    ['/((.*a){3}b){3}/', 'must not have more than 6 repetitions'],
    ['/(?i)pump/', 'takes no flags ("(?i)") in a regular expression: write [Aa]'],
    ['/^.*.*.*.*.*.*.*x$/', 'must not have more than 6 repetitions'],
    ['/[a-z]+[a-z]*[a-z]{2,}[a-z]{1,99}a*b*c*/', 'must not have more than 6 repetitions'],
  ])('%s is refused', (query, text) => {
    expect(() => readPattern(query)).toThrow(
      expect.objectContaining({ code: 'badRequest', message: expect.stringContaining(text) as string }) as Error,
    );
  });

  it('that an engine may take hours over is refused', () => {
    for (const query of ['/^(a+)+$/', '/^(([a-z])+.)+[A-Z]([a-z])+$/', `/${'(x+x+)+'.repeat(100)}y/`]) {
      expect(() => readPattern(query)).toThrow('must not repeat a group that can match in several ways');
    }
  });

  it.each([
    '/(?:Area_)+[A-Z]/',
    '/(\\d+\\.){3}/',
    '/[+*]+(a)?/',
    '/(a|b)?c/',
    '/\\(a+\\)+/',
    '/(ab)*|c+/',
    '/(?:x+)?y/',
    '/x*?y+?/',
    '/(PT|TT|FT)_(A|B|C)?_\\d{1,3}(?:\\.\\d{1,3}){3}/',
    `/${'AREA|'.repeat(190)}B/`,
    '/.*a|.*b|.*c|.*d|.*e|.*f|.*g/',
    '/\\d{9}[A-Z]{9}a{9}b{9}c{9}d{9}e{9}/',
  ])('%s is linear enough', (query) => {
    expect(readPattern(query)).toMatchObject({ kind: 'regex' });
  });
});

describe('a text', () => {
  it.each([
    ['  Area A ', 'Area A'],
    ['\u00a0\ufeffArea\u200b', 'Area'],
    ['\u200fמשאבה\u200e', 'משאבה'],
    ['\tArea\r\n', 'Area'],
  ])('%j is looked for without the blanks at its ends', (query, text) => {
    expect(readPattern(query)).toEqual({ kind: 'contains', text });
    expect(readPattern(`${query}*`)).toMatchObject({ kind: 'glob' });
  });

  it.each([
    ['a**b', 'a*b'],
    ['*?*?*?a', '???*a'],
    ['a??', 'a??'],
    ['?*', '?*'],
    ['*x?', '*x?'],
  ])('%s means %s, with no more stars than it takes', (query, text) => {
    expect(readPattern(query)).toEqual({ kind: 'glob', text });
  });

  it('with very many stars is refused, because a server can take hours over it', () => {
    expect(readPattern('*a'.repeat(10))).toMatchObject({ kind: 'glob' });
    expect(() => readPattern('*a'.repeat(11))).toThrow('Parameter "query" must have at most 10 parts with "*"');
  });

  it.each(['', ' ', '\u200b', '*', ' ** '])('%j means everything', (query) => {
    expect(readPattern(query)).toEqual({ kind: 'all' });
  });

  it.each(['/', '//', '/a', 'a/', '/a/b'])('%j is no regular expression', (query) => {
    expect(readPattern(query)).toEqual({ kind: 'contains', text: query });
  });
});
