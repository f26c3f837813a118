import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, readJson } from '../../src/config/json.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

function failure(text: string): JsonError {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
  }
  throw new Error('no JsonError');
}

describe('readJson', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\r\n\t'), (text, space) => {
        expect(readJson(`${space}${text}${space}`).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('agrees with JSON.parse on what is JSON, also where a text was bent', () => {
    const bent = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', ':', '0', '-', '\\', '\n', 'e', ' ', '[', 'null'),
      )
      .map(([text, at, piece]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + piece + text.slice(place + 1);
      });
    fc.assert(
      fc.property(bent, (text) => {
        if (parses(text)) expect(readJson(text).value).toEqual(JSON.parse(text));
        else expect(failure(text).line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{\n  "a": 1,\n}', 3, 1, /a key in double quotes is missing/],
    ['{"a" 1}', 1, 6, /a colon is missing/],
    ['{"a": 1 "b": 2}', 1, 9, /a comma or } is missing/],
    ['[1 2]', 1, 4, /a comma or ] is missing/],
    ['{"a": hunter2}', 1, 7, /a value is missing/],
    ['{"a": "x\ny"}', 1, 7, /this string does not end/],
    ["{'a': 1}", 1, 2, /a key in double quotes/],
    ['{"a": 1}}', 1, 9, /nothing more may follow/],
    ['{"a": 1', 1, 8, /ends too early/],
    ['{"a": 01}', 1, 8, /a comma or }/],
    ['[\r\n1,\r\nx]', 3, 1, /a value is missing/],
    ['// a comment\n{}', 1, 1, /a value is missing/],
  ])('says where %j is wrong', (text, line, column, message) => {
    const error = failure(text);
    expect(error).toMatchObject({ line, column });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
  });

  it('does not fall over deep nesting', () => {
    expect(failure('['.repeat(100_000)).message).toMatch(/nested too deeply/);
  });

  it('notices keys given twice, whatever their spelling', () => {
    expect(readJson(String.raw`{"a":[{"b":1,"\u0062":2}],"c":1}`).duplicates).toEqual([['a', 0, 'b']]);
  });
});
