import { printParseErrorCode, stripComments, visit } from 'jsonc-parser';

/** A syntax error in JSON text. It contains the location, never the text there, which could be a password. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;

  constructor(text: string, offset: number, expected: string) {
    const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
    const line = lines.length;
    const column = (lines.at(-1)?.length ?? 0) + 1;
    super(`line ${line}, column ${column}: ${expected}`);
    this.line = line;
    this.column = column;
  }
}

/** The result of `readJson`. */
export interface JsonDocument {
  readonly value: unknown;
  /** Paths of duplicate keys. JSON.parse silently uses the last one. */
  readonly duplicates: readonly (readonly PropertyKey[])[];
}

const MAX_DEPTH = 200;

/**
 * Parses strict JSON as `JSON.parse` does, but reports the line and column of an error, quotes nothing of the text, and
 * detects duplicate keys.
 * @throws JsonError
 */
export function readJson(text: string): JsonDocument {
  const duplicates: PropertyKey[][] = [];
  /** The objects and arrays around the current position. */
  const around: { readonly close: '}' | ']'; readonly keys: Set<string> }[] = [];
  const enter = (offset: number, close: '}' | ']'): void => {
    if (around.length > MAX_DEPTH) throw new JsonError(text, offset, 'this is nested too deeply');
    around.push({ close, keys: new Set() });
  };
  const leave = (): void => {
    around.pop();
  };
  visit(
    text,
    {
      onObjectBegin: (offset) => {
        enter(offset, '}');
      },
      onObjectProperty: (key, _offset, _length, _line, _column, path) => {
        const keys = around.at(-1)?.keys;
        if (keys?.has(key) === true) duplicates.push([...path(), key]);
        keys?.add(key);
      },
      onObjectEnd: leave,
      onArrayBegin: (offset) => {
        enter(offset, ']');
      },
      onArrayEnd: leave,
      onError: (code, offset) => {
        const close = around.at(-1)?.close;
        const expected = EXPECTED[printParseErrorCode(code)] ?? VALUE_EXPECTED;
        throw mistakeAt(text, offset, expected.replace('CLOSE', close ?? ''));
      },
    },
    { disallowComments: true },
  );
  return { value: JSON.parse(text) as unknown, duplicates };
}

/** The text with blanks in place of its comments, line and block, so that everything else keeps its location. */
export const withoutComments = (text: string): string => stripComments(text, ' ');

/** Number of characters that are examined after an error, and at the start of the text. */
const LONGEST_LOOK = 200;

/** Frequent JSON mistakes by the text at the error. The first match counts. */
const USUAL: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/^(?:\/\/|\/\*|#|--|<!--)/, 'JSON has no comments; delete this one'],
  [/^[\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb\u2033\uff02]/, 'this is a typographic quote; JSON knows only "'],
  [/^['`]/, 'strings and keys need double quotes (")'],
  [/^[\u00a0\u200b-\u200d\u2060\u3000\ufeff]/, 'there is an invisible character here (not a space); delete it'],
  [/^,/, 'there is a comma too many here'],
  [/^;/, 'JSON separates by commas, not by semicolons'],
  [/^=/, 'JSON writes a colon between a key and its value'],
  [/^\+\d/, 'a number has no + before it'],
  [/^\.\d/, 'a number needs a digit before its point'],
  [/^(?:true|false|null)\b/i, 'true, false and null are written in lower case'],
];

/** Start of a YAML, TOML or INI file. */
const KEY_LINE = /^(?:---[^\S\n]*\n)?(?:[^\S\n]*(?:#[^\n]*)?\n)*[^\S\n]*(?:[A-Za-z_][\w-]*:(?:\s|$)|- [A-Za-z_])/;
const ASSIGNMENT = /^(?:[^\S\n]*(?:[#;][^\n]*)?\n)*[^\S\n]*(?:\[[A-Za-z_][\w.-]*\][^\S\n]*\n|[A-Za-z_][\w-]*[^\S\n]*=)/;

function usualMistake(text: string, rest: string): string | undefined {
  const begin = text.slice(0, LONGEST_LOOK);
  if (KEY_LINE.test(begin)) return 'this looks like YAML; it must be JSON: { "key": "value" }';
  if (ASSIGNMENT.test(begin)) return 'this looks like TOML or INI; it must be JSON: { "key": "value" }';
  return USUAL.find(([pattern]) => pattern.test(rest))?.[1];
}

/** Where and why a text is not valid JSON. The text must be invalid. */
export function jsonMistake(text: string): string {
  try {
    readJson(text);
    return 'it cannot be read';
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

const IN_STRING = 'a string is not right here';
/** What is missing or wrong, by the parser's error names. */
const EXPECTED: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes is missing here (is there a comma too many?)',
  ColonExpected: 'a colon is missing here',
  CommaExpected: 'a comma or CLOSE is missing here',
  CloseBraceExpected: 'a comma or } is missing here',
  CloseBracketExpected: 'a comma or ] is missing here',
  EndOfFileExpected: 'nothing more may follow here',
  UnexpectedEndOfString: IN_STRING,
  InvalidUnicode: IN_STRING,
  InvalidEscapeCharacter: IN_STRING,
  InvalidCharacter: IN_STRING,
};
const VALUE_EXPECTED = 'a value is missing here (a string needs double quotes)';

// eslint-disable-next-line no-control-regex -- JSON forbids control characters inside strings.
const STRING_BEGIN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

function mistakeAt(text: string, offset: number, expected: string): JsonError {
  if (expected === IN_STRING) return mistakeInString(text, offset);
  const rest = text.slice(offset, offset + LONGEST_LOOK);
  if (rest === '') return new JsonError(text, offset, 'the text ends too early');
  return new JsonError(text, offset, usualMistake(text, rest) ?? expected);
}

/** Finds the first invalid character of a string. */
function mistakeInString(text: string, begin: number): JsonError {
  STRING_BEGIN.lastIndex = begin;
  const at = begin + (STRING_BEGIN.exec(text)?.[0].length ?? 0);
  const wrong = text.charAt(at);
  if (wrong === '' || wrong === '\n' || wrong === '\r')
    return new JsonError(text, begin, 'this string does not end on its line; a " is missing');
  const why =
    wrong === '\\'
      ? 'a \\ in a string is written \\\\; in the path of a file, a / does as well'
      : wrong === '\t'
        ? 'a tab in a string is written \\t; is it meant?'
        : 'a control character in a string is written \\u and four digits; is it meant?';
  return new JsonError(text, at, why);
}
