/** The one file that holds a token which the platform gave; read anew for every use, written only on purpose. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';

export class TokenFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The token; undefined where there is no file yet, or an empty one.
   * @throws Error that names the file, fit for a log
   */
  async read(): Promise<string | undefined> {
    try {
      const text = (await readFile(this.path, 'utf8')).trim();
      return text === '' ? undefined : text;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new Error(`the token file ${this.path} cannot be read (${codeOf(error)})`, { cause: error });
    }
  }

  /**
   * Replaces the token, readable by its owner only; readers see the old one or the new one.
   * @throws Error that names the file, fit for a log
   */
  async write(token: string): Promise<void> {
    const aside = `${this.path}.${randomUUID()}`;
    try {
      await writeFile(aside, `${token}\n`, { mode: 0o600, flag: 'wx' });
      await rename(aside, this.path);
    } catch (error) {
      await rm(aside, { force: true });
      throw new Error(`the token file ${this.path} cannot be written (${codeOf(error)})`, { cause: error });
    }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
