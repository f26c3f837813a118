/** A mistake in JSON text. Says where, never what stands there: it could be a password. */
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

/** What `readJson` found. */
export interface JsonText {
  readonly value: unknown;
  /** Paths of keys that stand twice in one object; JSON would silently take the last. */
  readonly duplicates: readonly (readonly PropertyKey[])[];
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex -- JSON forbids control characters inside strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
// eslint-disable-next-line no-control-regex -- as above.
const STRING_BEGIN = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const SPACE = /[ \t\r\n]*/y;
const WORD = /true|false|null/y;
const MAX_DEPTH = 200;

/**
 * Reads strict JSON as `JSON.parse` does, but names line and column of a mistake, quotes nothing of the text, and
 * notices keys given twice.
 * @throws JsonError
 */
export function readJson(text: string): JsonText {
  const scanner = new Scanner(text);
  scanner.document();
  return { value: JSON.parse(text) as unknown, duplicates: scanner.duplicates };
}

/** How much of the text after a mistake, and at its beginning, is looked at. */
const LONGEST_LOOK = 200;

/** The mistakes that people make in JSON, by what stands at the place. What comes first decides. */
const USUAL: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/^(?:\/\/|\/\*|#|--|<!--)/, 'JSON has no comments; delete this one'],
  [/^[\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb\u2033\uff02]/, 'this is a typographic quote; JSON knows only "'],
  [/^['`]/, 'strings and keys need double quotes (")'],
  [/^[\u00a0\u200b-\u200d\u2060\u3000\ufeff]/, 'an invisible character (a blank that is none) stands here; delete it'],
  [/^,/, 'a comma too many stands here'],
  [/^;/, 'JSON separates by commas, not by semicolons'],
  [/^=/, 'JSON writes a colon between a key and its value'],
  [/^\+\d/, 'a number has no + before it'],
  [/^\.\d/, 'a number needs a digit before its point'],
  [/^(?:true|false|null)\b/i, 'true, false and null are written in lower case'],
];

/** YAML, TOML and INI look like this at their beginning. */
const KEY_LINE = /^(?:---[^\S\n]*\n)?(?:[^\S\n]*(?:#[^\n]*)?\n)*[^\S\n]*(?:[A-Za-z_][\w-]*:(?:\s|$)|- [A-Za-z_])/;
const ASSIGNMENT = /^(?:[^\S\n]*(?:[#;][^\n]*)?\n)*[^\S\n]*(?:\[[A-Za-z_][\w.-]*\][^\S\n]*\n|[A-Za-z_][\w-]*[^\S\n]*=)/;

function usualMistake(text: string, rest: string): string | undefined {
  const begin = text.slice(0, LONGEST_LOOK);
  if (KEY_LINE.test(begin)) return 'this looks like YAML; it must be JSON: { "key": "value" }';
  if (ASSIGNMENT.test(begin)) return 'this looks like TOML or INI; it must be JSON: { "key": "value" }';
  return USUAL.find(([pattern]) => pattern.test(rest))?.[1];
}

/** Where and why a text is no JSON; it must be none. */
export function jsonMistake(text: string): string {
  try {
    readJson(text);
    return 'it cannot be read';
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

/** Walks over the text once, keeping only where it is. */
class Scanner {
  readonly duplicates: PropertyKey[][] = [];
  readonly #text: string;
  readonly #path: PropertyKey[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value();
    if (this.#at < this.#text.length) this.#fail('nothing more may follow here');
  }

  #value(): void {
    this.#take(SPACE);
    const first = this.#text[this.#at];
    if (this.#path.length > MAX_DEPTH) this.#fail('this is nested too deeply');
    if (first === '{') this.#object();
    else if (first === '[') this.#list();
    else if (first === '"') this.#string();
    else if (this.#take(NUMBER) === undefined && this.#take(WORD) === undefined)
      this.#fail('a value is missing here (a string needs double quotes)');
    this.#take(SPACE);
  }

  #object(): void {
    const seen = new Set<string>();
    this.#sequence('}', () => {
      if (this.#text[this.#at] !== '"')
        this.#fail('a key in double quotes is missing here (is there a comma too many?)');
      const key = this.#string();
      this.#path.push(key);
      if (seen.has(key)) this.duplicates.push([...this.#path]);
      seen.add(key);
      this.#take(SPACE);
      if (this.#text[this.#at] !== ':') this.#fail('a colon is missing here');
      this.#at++;
      this.#value();
      this.#path.pop();
    });
  }

  #list(): void {
    let index = 0;
    this.#sequence(']', () => {
      this.#path.push(index++);
      this.#value();
      this.#path.pop();
    });
  }

  /** Elements with commas between, after the opening bracket and up to the closing one. */
  #sequence(close: string, element: () => void): void {
    this.#at++;
    this.#take(SPACE);
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      element();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== close) this.#fail(`a comma or ${close} is missing here`);
      this.#at++;
      if (next === close) return;
      this.#take(SPACE);
    }
  }

  #string(): string {
    const string = this.#take(STRING);
    if (string === undefined) this.#failInString();
    return JSON.parse(string) as string;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Goes to the character that does not belong into a string. */
  #failInString(): never {
    const begin = this.#at;
    this.#take(STRING_BEGIN);
    const wrong = this.#text.charAt(this.#at);
    if (wrong === '\\') this.#fail('a \\ in a string is written \\\\; in the path of a file, a / does as well');
    if (wrong === '\t') this.#fail('a tab in a string is written \\t; is it meant?');
    if (wrong === '' || wrong === '\n' || wrong === '\r') {
      this.#at = begin;
      throw new JsonError(this.#text, begin, 'this string does not end on its line; a " is missing');
    }
    this.#fail('a control character in a string is written \\u and four digits; is it meant?');
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#at, this.#at + LONGEST_LOOK);
    if (rest === '') throw new JsonError(this.#text, this.#at, 'the text ends too early');
    throw new JsonError(this.#text, this.#at, usualMistake(this.#text, rest) ?? expected);
  }
}
