/** Claims about answers: each is tested, told with a mark, and counted. */
import { block, blockWidth } from './print/page.ts';
import { bad, dim, good, wrap } from './print/style.ts';

export class Checks {
  right = 0;
  readonly wrong: string[] = [];

  /**
   * The claim holds when `actual` has everything that `expected` has, to the last digit. Members that `expected` does
   * not name are free; a member that it names as undefined must be absent.
   */
  same(claim: string, actual: unknown, expected: unknown): void {
    this.oneOf(claim, actual, [expected]);
  }

  /** The same, where the right answer depends on the moment of asking, so that there are several right ones. */
  oneOf(claim: string, actual: unknown, candidates: readonly unknown[]): void {
    const differences = candidates.map((expected) => difference(actual, expected, ''));
    this.#tell(claim, differences.includes(undefined) ? undefined : (differences[0] ?? 'nothing was expected'));
  }

  /** The claim holds when `holds` is true; otherwise `instead` says what was found. */
  that(claim: string, holds: boolean, instead: string): void {
    this.#tell(claim, holds ? undefined : instead);
  }

  /** Something ended a step before its claims could be tested. */
  failed(what: string, error: unknown): void {
    this.#tell(what, error instanceof Error ? error.message : String(error));
  }

  #tell(claim: string, problem: string | undefined): void {
    const mark = (sign: string): string[] =>
      wrap(claim, blockWidth() - 2).map((line, at) => `${at === 0 ? sign : ' '} ${line}`);
    if (problem === undefined) {
      this.right += 1;
      block(mark(good('✓')));
      return;
    }
    this.wrong.push(`${claim}: ${problem}`);
    block([...mark(bad('✗')), ...wrap(problem, blockWidth() - 4).map((line) => `    ${dim(line)}`)]);
  }
}

/** Where and how two things differ; undefined when everything expected is there. */
export function difference(actual: unknown, expected: unknown, at: string): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return told(at, actual, expected);
    const changed = firstOf(expected, (value, index) => difference(actual[index], value, `${at}[${index}]`));
    if (changed !== undefined || actual.length === expected.length) return changed;
    return `${at || 'it'} has ${actual.length} elements instead of ${expected.length}`;
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return told(at, actual, expected);
    return firstOf(Object.entries(expected), ([name, value]) =>
      difference((actual as Record<string, unknown>)[name], value, at === '' ? name : `${at}.${name}`),
    );
  }
  return actual === expected ? undefined : told(at, actual, expected);
}

function firstOf<T>(values: readonly T[], test: (value: T, index: number) => string | undefined): string | undefined {
  for (const [index, value] of values.entries()) {
    const problem = test(value, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function told(at: string, actual: unknown, expected: unknown): string {
  return `${at === '' ? 'it' : at} is ${short(actual)} instead of ${short(expected)}`;
}

function short(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
