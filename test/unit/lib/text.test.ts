/** How texts of people are compared, for every letter there is, and for texts of any length. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composed, folded, holdsText, lettersOf, trimmed } from '../../../src/lib/text.ts';

describe('letters', () => {
  it('are the small letter of their capital, if they have a single one, and else themselves', () => {
    const wrong: string[] = [];
    for (let code = 0x21; code < 0x30000; code++) {
      const letter = String.fromCodePoint(code);
      // What is composed otherwise is another letter first.
      if (trimmed(letter) !== letter || letter.normalize('NFC') !== letter) continue;
      const upper = letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter;
      const lower = upper.toLowerCase().length === letter.length ? upper.toLowerCase() : letter;
      if (folded(`é${letter}a`) !== `é${lower}a`.normalize('NFC')) wrong.push(letter);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['ΟΔΟΣ', 'οδος'],
    ['ОДИН', 'один'],
    ['𐐀𞤀😀', '𐐨𞤢😀'],
    ['Kelvin', 'kelvin'],
    ['Straße', 'STRAßE'],
    ['İ', 'İ'],
    ['e\u0301É', 'ée\u0301'],
    ['\ud800É', '\ud800é'],
    [' \u200bÄ\ufeff', 'ä'],
  ])('of %s are those of %s', (one, other) => {
    expect(folded(one)).toBe(folded(other));
  });

  it.each([
    ['ß', 'ss'],
    ['m²', 'm2'],
    ['İ', 'i'],
  ])('%s is not %s', (one, other) => {
    expect(folded(one)).not.toBe(folded(other));
  });
});

it('is found in another one, however long both are', () => {
  // Long enough for the way that is linear.
  const tail = 'x'.repeat(1_000_000);
  const short = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 12 }).map((all) => all.join(''));
  fc.assert(
    fc.property(short, fc.array(short, { maxLength: 8 }), (part, pieces) => {
      const text = pieces.join('');
      expect(holdsText(`${text}${tail}`, part)).toBe(text.includes(part));
    }),
    { numRuns: 50 },
  );
  expect(holdsText(tail, '')).toBe(true);
  expect(holdsText(tail, tail)).toBe(true);
  expect(holdsText(tail, `${tail}x`)).toBe(false);
});

describe('a long text', () => {
  it('of letters of any kind keeps its length', () => {
    const text = 'Ärger Ω 😀 '.repeat(100_000);
    expect(folded(text)).toBe('ärger ω 😀 '.repeat(100_000).trimEnd());
  });

  // In the time of a normalization alone these tests would not end.
  const crowd = `a${'\u0301\u0323'.repeat(500_000)}`;

  it('of marks that have an order of their own takes no longer than it is long', () => {
    expect(folded(`${crowd}B`).endsWith('b')).toBe(true);
    expect(folded(crowd)).toBe(folded(crowd.toUpperCase()));
    expect(lettersOf(crowd.slice(0, 5000)).length).toBeGreaterThan(4000);
  });

  it('has its marks composed and in order, as long as they are not more than any language has', () => {
    expect(composed('a\u0323\u0302')).toBe('ậ');
    expect(composed('a\u0302\u0323')).toBe('ậ');
    expect(composed('a\u0301'.repeat(1000))).toBe('á'.repeat(1000));
  });
});
