import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, readJson } from '../../../src/lib/json.ts';
import { propertyRuns } from '../../support/property-runs.ts';

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
      { numRuns: propertyRuns(2000) },
    );
  });

  it.each([
    ['{\n  "a": 1,\n}', 3, 1, /a key in double quotes is missing/],
    ['{"a" 1}', 1, 6, /a colon is missing/],
    ['{"a": 1 "b": 2}', 1, 9, /a comma or } is missing/],
    ['[1 2]', 1, 4, /a comma or ] is missing/],
    ['{"a": hunter2}', 1, 7, /a value is missing/],
    ['{"a": "x\ny"}', 1, 7, /this string does not end on its line/],
    ["{'a': 1}", 1, 2, /need double quotes/],
    ['{"a": 1}}', 1, 9, /nothing more may follow/],
    ['{"a": 1', 1, 8, /ends too early/],
    ['{"a": 01}', 1, 8, /a comma or }/],
    ['[\r\n1,\r\nx]', 3, 1, /a value is missing/],
    ['// a comment\n{}', 1, 1, /JSON has no comments/],
    ['{\n  "a": 1 // the first\n}', 2, 10, /JSON has no comments/],
    ['{"a": 1, /* b */ "c": 2}', 1, 10, /JSON has no comments/],
    ['# the driver\n{}', 1, 1, /JSON has no comments/],
    ['natsurl: mon.example.com\nsettings:\n  servers: []\n', 1, 1, /this looks like YAML/],
    ['---\n# the driver\nnatsurl: "x"\n', 1, 1, /this looks like YAML/],
    ['- name: plant-a\n', 1, 1, /this looks like YAML/],
    ['[settings]\nurl = "x"\n', 1, 2, /this looks like TOML or INI/],
    ['url = "x"\n', 1, 1, /this looks like TOML or INI/],
    ['{“a”: 1}', 1, 2, /this is a typographic quote/],
    ['{"a": „x“}', 1, 7, /this is a typographic quote/],
    [String.raw`{"a": "C:\seeq\ca.pem"}`, 1, 10, /a \\ in a string is written \\\\; in the path of a file, a \/ does/],
    ['{"a": "x\ty"}', 1, 9, /a tab in a string is written \\t/],
    ['{"a": "x\u0001y"}', 1, 9, /a control character in a string/],
    ['{"a":\u00a01}', 1, 6, /an invisible character/],
    ['{"a": True}', 1, 7, /written in lower case/],
    ['{"a": None}', 1, 7, /a string needs double quotes/],
    ['{"a": 1,, "b": 2}', 1, 9, /a comma too many/],
    ['{"a": 1; "b": 2}', 1, 8, /separates by commas/],
    ['{"a" = 1}', 1, 6, /writes a colon/],
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
