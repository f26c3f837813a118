/** One mistake or warning, with its remedy. */
export interface Problem {
  /** Location: a path such as `settings.servers[0].url`, a file name such as `privatekey.nk`, or "" for the whole. */
  readonly path: string;
  /** The problem and the correct form. It follows the path, and never contains a secret. */
  readonly message: string;
  /** The value that was found, if it is safe to print. Absent if there is none or if it could be a secret. */
  readonly value?: string;
}

/** A problem in one line. */
export function problemText(problem: Problem): string {
  const location = problem.path === '' ? '' : `${problem.path}: `;
  return `${location}${statement(problem)}`;
}

/** The message with the value. */
export const statement = ({ message, value }: Problem): string =>
  value === undefined ? message : `${message} (found ${value})`;

/** Formats a path as in JavaScript: `settings.servers[0].url`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${keyText(String(part))}`))
    .join('');
}

/** A key for display: quoted if it is hard to read, cut if it is long. */
export function keyText(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) ? key : JSON.stringify(key.slice(0, 64));
}
