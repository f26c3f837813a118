import { problemText, type Problem } from '../lib/wording/problem.ts';
import { count } from '../lib/wording/phrases.ts';

/** All mistakes of a configuration. `message` is the whole readable report, one problem per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The file that was read. */
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Warnings. They often show the cause of a problem, such as a misspelt key. */
  readonly warnings: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], warnings: readonly Problem[] = []) {
    const lines = [
      `The configuration ${file} cannot be used, it has ${count(problems.length, 'problem')}:`,
      ...problems.map((problem) => `  - ${problemText(problem)}`),
      ...warnings.map((warning) => `  - warning: ${problemText(warning)}`),
    ];
    super(lines.join('\n'));
    this.file = file;
    this.problems = problems;
    this.warnings = warnings;
  }
}
