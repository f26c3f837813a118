/** The file that stores a token of the platform. It is read again for every use, and written only on purpose. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';

export class TokenFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The token. Undefined if the file does not exist or is empty.
   * @throws Error that names the file and is safe to log
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
   * Replaces the token atomically, readable by its owner only.
   * @throws Error that names the file and is safe to log
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
