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
    else if (this.#take(NUMBER) === undefined && this.#take(WORD) === undefined) this.#fail('a value is missing here');
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
    if (string === undefined) this.#fail('this string does not end, or holds a line break or a wrong \\ sequence');
    return JSON.parse(string) as string;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(expected: string): never {
    throw new JsonError(this.#text, this.#at, this.#at >= this.#text.length ? 'the text ends too early' : expected);
  }
}
