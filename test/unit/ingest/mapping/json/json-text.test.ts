import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonTextError, parseJson } from '../../../../../src/ingest/mapping/json/json-text.ts';

describe('JSON of a message', () => {
  it('is read as JSON.parse reads it, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', '[12345678901234567890,', '[1e-300,'), (value, before) => {
        const text = before === '' ? JSON.stringify(value) : `${before}${JSON.stringify(value)}]`;
        expect(parseJson(text).root).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps the text of a number that would be rounded, by its holder and its key', () => {
    const json = parseJson('{"a":[1.5,9007199254740993],"b":{"c":0.12345678901234567890,"d":"9007199254740995"}}');
    const { a, b } = json.root as { a: unknown; b: unknown };
    expect(json.sourceOf(a, '1')).toBe('9007199254740993');
    expect(json.sourceOf(b, 'c')).toBe('0.12345678901234567890');
    expect(json.sourceOf(a, '0')).toBeUndefined();
    expect(json.sourceOf(b, 'd')).toBeUndefined();
    expect(json.sourceOf(undefined, '')).toBeUndefined();
  });

  it('keeps the text of a number that is the whole message, and of nothing else', () => {
    expect(parseJson('9007199254740993').sourceOf(undefined, '')).toBe('9007199254740993');
    expect(parseJson('[9007199254740993]').sourceOf(undefined, '')).toBeUndefined();
  });

  it('never needs the text of a shorter number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }), fc.nat(14), (digits, decimals) => {
        const shifted = digits
          .toString()
          .replace('-', '')
          .padStart(decimals + 1, '0');
        const [whole, rest] = [shifted.slice(0, shifted.length - decimals), shifted.slice(shifted.length - decimals)];
        const text = `${digits < 0n ? '-' : ''}${whole}${rest === '' ? '' : `.${rest}`}`;
        const json = parseJson(text);
        const kept = json.sourceOf(undefined, '') ?? String(json.root);
        expect(parseFloat(kept)).toBe(parseFloat(text));
        // The same number, digit for digit, not just the nearest.
        expect(plain(kept)).toBe(plain(text));
      }),
    );
  });

  it.each(['{"v":NaN}', '{"v":Infinity}', '{"v":-Infinity}', '{"v": NaN}'])(
    'takes what is no number, %s, for null',
    (text) => {
      expect(parseJson(text).root).toEqual({ v: null });
    },
  );

  it('leaves such words alone inside texts', () => {
    expect(parseJson('{"v":NaN,"t":"NaN, \\"Infinity\\" NaN","NaN":"\\\\"}').root).toEqual({
      v: null,
      t: 'NaN, "Infinity" NaN',
      NaN: '\\',
    });
  });

  it.each(['', ' ', '{', '{"v":NaN', "{'v':1}", '{"v":nan}', '01', '1 2', 'NaN5', '"NaN'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(JsonTextError);
  });

  it('refuses, and survives, what is nested too deep', () => {
    const deep = (inside: string): string => '['.repeat(200_000) + inside + ']'.repeat(200_000);
    expect(() => parseJson(deep('9007199254740993'))).toThrow('nested too deep');
    expect(() => parseJson(`${'["NaN'.repeat(100_000)}NaN`)).toThrow(JsonTextError);
    expect(() => parseJson(`NaN"${'\\"'.repeat(300_000)}`)).toThrow(JsonTextError);
  });
});

/** Without exponent, sign of zero, and zeros that say nothing. */
function plain(text: string): string {
  const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const digits = BigInt(whole + decimals);
  if (digits === 0n) return '0';
  const stripped = digits.toString().replace(/0+$/, '');
  const zeros = digits.toString().length - stripped.length;
  return `${text.startsWith('-') ? '-' : ''}${stripped}e${Number(exponent) - decimals.length + zeros}`;
}
