import { dirname, resolve } from 'node:path';
import type { Problem } from '../lib/wording/problem.ts';
import { type FileMode, type ReadResult, modeProblem, readText, type ReadFile } from './files.ts';
import { environmentProxy, type ProxyConfig, ProxySetting } from './proxy.ts';
import { isKeyOf, OwnFile, Reference, type Resolved } from './references.ts';
import { rereadable, Secret, type SecretSource } from './secret.ts';

/** A text that was read, and the source that reads it again. */
interface Content {
  /** `the file /etc/seeq.password` */
  readonly name: string;
  readonly text: string;
  readonly source: SecretSource;
}

/** Reads what the configuration refers to. Records every failure and continues. */
export class Resolver {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #readBytes: ReadFile;
  readonly #modeOf: FileMode;

  constructor(
    configPath: string,
    env: Readonly<Record<string, string | undefined>>,
    readBytes: ReadFile,
    modeOf: FileMode,
  ) {
    this.#folder = dirname(configPath);
    this.#env = env;
    this.#readBytes = readBytes;
    this.#modeOf = modeOf;
  }

  /**
   * Replaces every reference in a value. Where one cannot be read, the result has `undefined`, and a problem is
   * recorded: the whole configuration is then refused. A draft with problems is resolved as far as it is valid.
   */
  async resolve<T>(path: string, value: T): Promise<Resolved<T>> {
    const pending: Promise<void>[] = [];
    const resolved = this.#walk(path, value, pending);
    await Promise.all(pending);
    return resolved as Resolved<T>;
  }

  /**
   * The text of a reference and its source. It is read at once, so that a missing one is reported at start. Undefined,
   * with a recorded problem, if it cannot be used.
   */
  async content(path: string, reference: Reference): Promise<Content | undefined> {
    const name = this.#nameOf(reference);
    const read = async (): Promise<ReadResult<string>> => {
      const found = await this.#text(reference, name);
      if (!found.ok) return found;
      return /^[\r\n]*$/.test(found.value)
        ? { ok: false, message: `${name} is empty` }
        : reference.read(found.value, name);
    };
    const first = await read();
    if (!first.ok) {
      this.problems.push({ path, message: first.message });
      return undefined;
    }
    await this.#warn(path, reference, first.value);
    return { name, text: first.value, source: rereadable(path, first.value, read) };
  }

  /** Returns a copy at once. What must be read is put into it later. */
  #walk(path: string, value: unknown, pending: Promise<void>[]): unknown {
    if (value instanceof OwnFile) return resolve(this.#folder, value.path);
    if (value instanceof Reference || value instanceof ProxySetting)
      throw new TypeError(`${path} is no key of an object`);
    if (Array.isArray(value)) return value.map((entry, at) => this.#walk(`${path}[${at}]`, entry, pending));
    if (typeof value !== 'object' || value === null) return value;
    const given = value as Readonly<Record<string, unknown>>;
    const copy: Record<string, unknown> = {};
    const contents: Record<string, Promise<Content | undefined>> = {};
    for (const [key, member] of Object.entries(given)) {
      const at = `${path}.${key}`;
      if (member instanceof Reference) {
        const content = this.content(at, member);
        contents[key] = content;
        copy[key] = undefined;
        pending.push(content.then((found) => void (copy[key] = found?.source)));
      } else if (member instanceof ProxySetting) {
        pending.push(
          this.#proxy(at, member, given.url).then((proxy) => {
            if (proxy !== undefined) copy[key] = proxy;
          }),
        );
      } else copy[key] = this.#walk(at, member, pending);
    }
    const { certFile, keyFile } = contents;
    if (certFile && keyFile) pending.push(this.#pair(path, certFile, keyFile));
    return copy;
  }

  /** A certificate and its key, in every object `tls`. */
  async #pair(path: string, certFile: Promise<Content | undefined>, keyFile: Promise<Content | undefined>) {
    const [certificate, key] = await Promise.all([certFile, keyFile]);
    if (!certificate || !key || isKeyOf(certificate.text, key.text)) return;
    const message = `does not belong to the first certificate of ${path}.certFile`;
    this.problems.push({ path: `${path}.keyFile`, message });
  }

  /** The proxy for the server at `url`, from its key or otherwise from the environment. Undefined if there is none. */
  async #proxy(path: string, { given }: ProxySetting, url: unknown): Promise<ProxyConfig | undefined> {
    if (given === false) return undefined;
    if (given !== undefined) {
      const { user, ...rest } = await this.resolve(path, given);
      const name = typeof user === 'string' ? new Secret(user) : user;
      return { url: new URL(rest.url).origin, user: name, password: rest.password, from: 'proxy' };
    }
    if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
    try {
      return environmentProxy(url, this.#env);
    } catch (error) {
      this.problems.push({ path, message: (error as Error).message });
      return undefined;
    }
  }

  /** Warns about a suspicious secret. A certificate is none. */
  async #warn(path: string, reference: Reference, text: string): Promise<void> {
    const isPem = text.includes('-----BEGIN');
    if (!isPem && text.trim() !== text) {
      const message = `begins or ends with a blank or a line break in ${this.#nameOf(reference)}, which is sent with it; is that meant?`;
      this.warnings.push({ path, message });
    }
    if (reference.file === undefined || (isPem && !text.includes('PRIVATE KEY'))) return;
    const file = resolve(this.#folder, reference.file);
    const problem = modeProblem(file, await this.#modeOf(file));
    if (problem !== undefined) this.warnings.push({ path, message: problem });
  }

  async #text({ file, env = '' }: Reference, name: string): Promise<ReadResult<string>> {
    if (file !== undefined) return readText(this.#readBytes, resolve(this.#folder, file));
    // Node's environment object inherits members of every object: `constructor` is a function there.
    const text = Object.hasOwn(this.#env, env) ? this.#env[env] : undefined;
    return text === undefined ? { ok: false, message: `${name} is not set` } : { ok: true, value: text };
  }

  #nameOf({ file, env = '' }: Reference): string {
    return file === undefined ? `the environment variable ${env}` : `the file ${resolve(this.#folder, file)}`;
  }
}
