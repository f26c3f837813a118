/** One mistake, or one warning, in the words of the person who has to mend it. */
export interface Problem {
  /** Where: a path such as `settings.servers[0].url`, a file name such as `privatekey.nk`, or "" for the whole file. */
  readonly path: string;
  /** What is wrong and what would be right. Never holds a secret. */
  readonly message: string;
  /** The value that was found, fit for printing; absent where there is none or where it could be a secret. */
  readonly value?: string;
}

/** A problem in one line. */
export function problemText(problem: Problem): string {
  const place = problem.path === '' ? '' : `${problem.path}: `;
  const value = problem.value === undefined ? '' : ` (found ${problem.value})`;
  return `${place}${problem.message}${value}`;
}

/** Every mistake of a configuration at once. `message` is the whole readable report, one problem a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The file that was read. */
  readonly file: string;
  readonly problems: readonly Problem[];
  /** What was noticed besides; often the cause of a problem, such as a misspelt key. */
  readonly warnings: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], warnings: readonly Problem[] = []) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    const lines = [
      `The configuration ${file} cannot be used, it has ${count}:`,
      ...problems.map((problem) => `  - ${problemText(problem)}`),
      ...warnings.map((warning) => `  - warning: ${problemText(warning)}`),
    ];
    super(lines.join('\n'));
    this.file = file;
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** Writes a path as it would stand in JavaScript: `settings.servers[0].url`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${keyText(String(part))}`))
    .join('');
}

/** A key as it is shown: quoted where it would be hard to read, cut where it is long. */
export function keyText(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) ? key : JSON.stringify(key.slice(0, 64));
}
