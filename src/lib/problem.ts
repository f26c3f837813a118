/** One mistake, or one warning, in the words of the person who has to mend it. */
export interface Problem {
  /** Where: a path such as `settings.servers[0].url`, a file name such as `privatekey.nk`, or "" for the whole. */
  readonly path: string;
  /** What is wrong and what would be right, to be read after the path. Never holds a secret. */
  readonly message: string;
  /** The value that was found, fit for printing; absent where there is none or where it could be a secret. */
  readonly value?: string;
}

/** A problem in one line. */
export function problemText(problem: Problem): string {
  const place = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}${statement(problem)}`;
}

/** The message with the value that was found. */
export const statement = ({ message, value }: Problem): string =>
  value === undefined ? message : `${message} (found ${value})`;

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
