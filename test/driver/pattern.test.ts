/** What a caller's search text means, and that a hostile one costs nothing. */
import { describe, expect, it } from 'vitest';
import { readPattern } from '../../src/driver/search/pattern.ts';

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

  it.each(['/(/', '/\\p{L}(/', '/a**/', '/[/', '/\\p{L}{2,1}/'])('%s is refused', (query) => {
    expect(() => readPattern(query)).toThrow(expect.objectContaining({ code: 'badRequest' }) as Error);
  });

  it('that would run for ever is not run', () => {
    expect(readPattern('/^(a+)+$/')).toMatchObject({ kind: 'regex' });
  });
});
