import { describe, expect, it } from 'vitest';
import { allOf, anyOf, asSentence, count, withArticle } from '../../../../src/lib/wording/phrases.ts';
import { didYouMeanOneOf, nearest } from '../../../../src/lib/wording/suggest.ts';
import { fqnKinds, parseFqn } from '../../../../src/contract/fqn.ts';

describe('phrases', () => {
  it('have the article of their noun', () => {
    expect(fqnKinds.map(withArticle)).toEqual([
      'a signal',
      'a scalar',
      'an asset',
      'a condition',
      'a capsule',
      'a metric',
    ]);
  });

  it('count in singular and plural', () => {
    expect([0, 1, 2].map((number) => count(number, 'request'))).toEqual(['0 requests', '1 request', '2 requests']);
    expect(count(2, 'entry', 'entries')).toBe('2 entries');
  });

  it('list by commas and a word', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(anyOf)).toEqual(['none', 'a', 'a or b', 'a, b or c']);
    expect(allOf(['a', 'b', 'c'])).toBe('a, b and c');
  });

  it('end in one mark', () => {
    expect(['a', 'a.', 'a?'].map(asSentence)).toEqual(['a.', 'a.', 'a?']);
  });
});

describe('an unknown name', () => {
  const methods = ['average', 'min', 'max', 'count', 'total', 'range', 'stdDev', 'first', 'last'];

  it.each([
    ['avg', 'average'],
    ['AVERAGE', 'average'],
    ['mean', 'average'],
    ['maximum', 'max'],
    ['minimum', 'min'],
    ['sum', 'total'],
    ['std-dev', 'stdDev'],
    ['cnt', 'count'],
    ['frist', 'first'],
    ['median', undefined],
    ['x', undefined],
    ['constructor', undefined],
  ])('%s may mean %s', (given, meant) => {
    expect(nearest(given, methods)).toBe(meant);
  });

  it('is answered with all names where none is near, but not with hundreds', () => {
    expect(didYouMeanOneOf('x', ['plant-a', 'plant b'])).toBe('; known here: plant-a and "plant b"');
    expect(didYouMeanOneOf('x', [])).toBe('; none is known here');
    const many = Array.from({ length: 300 }, (_, n) => `host-${n}`);
    expect(didYouMeanOneOf('zzzz', many)).toMatch(/host-19 and 280 more$/);
  });

  it('of a kind in an FQN is a sentence too', () => {
    expect(() => parseFqn('seeq:plant-a/signals/x')).toThrow(
      'its kind "signals" is not known; did you mean "signal"? It',
    );
  });
});
