import { dirname, resolve } from 'node:path';
import type { Credentials, ServerConfig } from './config.ts';
import type { SecretRef } from './fields.ts';
import { secretRef } from './fields.ts';
import { environmentProxy, type ProxyConfig, proxySchema } from './proxy.ts';
import { type FileMode, type Found, modeProblem, readCertificates, readText, type ReadFile } from './files.ts';
import type { Problem } from '../lib/problem.ts';
import type { ServerFile } from './schema-server.ts';
import { rereadable } from './reread.ts';
import { Secret, type SecretSource } from './secret.ts';

/** Reads what the file refers to: secrets and certificates. Records every failure and continues. */
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
   * A secret that is read again for each use. It is also read at once, so that a missing one is reported at start.
   * Undefined, with a recorded problem, if it is missing or empty.
   */
  async source(path: string, ref: unknown): Promise<SecretSource | undefined> {
    const parsed = secretRef().safeParse(ref);
    // The schema reports a malformed reference.
    if (!parsed.success) return undefined;
    const read = async (): Promise<Found<string>> => {
      const found = await this.#text(parsed.data);
      const text = found.ok ? found.value.replace(/(?<![\r\n])[\r\n]+$/, '') : '';
      if (text !== '') return { ok: true, value: text };
      return { ok: false, message: found.ok ? `${sourceName(parsed.data, this.#folder)} is empty` : found.message };
    };
    return this.#source(path, read, (text) => this.#lookAt(path, parsed.data, text));
  }

  /** Warns about a suspicious secret. Certificates are not checked here. */
  async #lookAt(path: string, ref: SecretRef, text: string): Promise<void> {
    const isPem = text.includes('-----BEGIN');
    if (!isPem && text.trim() !== text) {
      const name = sourceName(ref, this.#folder);
      this.#warn(path, `begins or ends with a blank or a line break in ${name}, which is sent with it; is that meant?`);
    }
    if (ref.file === undefined || (isPem && !text.includes('PRIVATE KEY'))) return;
    await this.checkMode(path, resolve(this.#folder, ref.file));
  }

  /** Warns about a secret file that other users can read. */
  async checkMode(path: string, file: string): Promise<void> {
    const problem = modeProblem(file, await this.#modeOf(file));
    if (problem !== undefined) this.#warn(path, problem);
  }

  /** The certificates of a PEM file, in the same way. */
  async certificates(path: string, file: unknown): Promise<SecretSource | undefined> {
    if (typeof file !== 'string' || file === '' || /\p{Cc}/u.test(file)) return undefined;
    return this.#source(path, () => readCertificates(this.#readBytes, resolve(this.#folder, file)));
  }

  async #source(
    path: string,
    read: () => Promise<Found<string>>,
    look?: (text: string) => Promise<void>,
  ): Promise<SecretSource | undefined> {
    const first = await read();
    if (!first.ok) {
      this.#note(path, first.message);
      return undefined;
    }
    await look?.(first.value);
    return rereadable(path, first.value, read);
  }

  /** The proxy for a server, from its key or otherwise from the environment. Undefined if there is none. */
  async proxy(path: string, given: unknown, url: unknown): Promise<ProxyConfig | undefined> {
    if (given !== undefined) {
      const parsed = proxySchema.safeParse(given);
      if (!parsed.success || parsed.data === false) return undefined;
      const { url: proxy, user: name, password: ref } = parsed.data;
      const user = typeof name === 'object' ? await this.source(`${path}.proxy.user`, name) : name;
      const password = ref === undefined ? undefined : await this.source(`${path}.proxy.password`, ref);
      return {
        url: new URL(proxy).origin,
        user: typeof user === 'string' ? new Secret(user) : user,
        password,
        from: 'proxy',
      };
    }
    if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
    try {
      return environmentProxy(url, this.#env);
    } catch (error) {
      this.#note(`${path}.proxy`, (error as Error).message);
      return undefined;
    }
  }

  /** Returns the absolute path. A relative path starts at the folder of the configuration file. */
  place(file: string): string {
    return resolve(this.#folder, file);
  }

  async #text(ref: SecretRef): Promise<Found<string>> {
    if (ref.file !== undefined) return readText(this.#readBytes, resolve(this.#folder, ref.file));
    const name = ref.env ?? '';
    // Node's environment object inherits members of every object: `constructor` is a function there.
    const text = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
    return text === undefined
      ? { ok: false, message: `${sourceName(ref, this.#folder)} is not set` }
      : { ok: true, value: text };
  }

  #warn(path: string, message: string): void {
    this.warnings.push({ path, message });
  }

  #note(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

/** The resolved references of one server. A member is undefined if a problem was recorded. */
export interface ServerParts {
  readonly credentials: Credentials | undefined;
  readonly ca: SecretSource | undefined;
  readonly proxy: ProxyConfig | undefined;
}

/** Reads the secrets and the authorities of one server from its raw form, independent of other problems. */
export async function readServerParts(resolver: Resolver, raw: unknown, index: number): Promise<ServerParts> {
  const server = (typeof raw === 'object' && raw !== null ? raw : {}) as Readonly<Record<string, unknown>>;
  const given = server.credentials;
  const written = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>;
  const path = `settings.servers[${index}]`;
  const { user: userText, directory } = written;
  const [accessKey, password, user, ca, proxy] = await Promise.all([
    resolver.source(`${path}.credentials.accessKey`, written.accessKey),
    resolver.source(`${path}.credentials.password`, written.password),
    typeof userText === 'string' ? new Secret(userText) : resolver.source(`${path}.credentials.user`, userText),
    resolver.certificates(`${path}.caFile`, server.caFile),
    resolver.proxy(path, server.proxy, server.url),
  ]);
  if (!password) return { credentials: undefined, ca, proxy };
  if (accessKey) return { credentials: { kind: 'accessKey', accessKey, password }, ca, proxy };
  if (!user) return { credentials: undefined, ca, proxy };
  return { credentials: { kind: 'user', user, password, directory: directoryOf(directory) }, ca, proxy };
}

/** Without a trailing slash, and without the `/api` that every call adds. */
const rootOf = (url: string): string => url.replace(/(?<!\/)\/+$/, '').replace(/(?<!\/)(?:\/+api)$/i, '');

/** A server in its final form. */
export function serverConfig(file: ServerFile, credentials: Credentials, { ca, proxy }: ServerParts): ServerConfig {
  const { credentials: _refs, caFile: _file, proxy: _proxy, url, ...rest } = file;
  return {
    ...rest,
    url: rootOf(url),
    credentials,
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** Seeq's own directory is called "Seeq". */
const directoryOf = (directory: unknown): string => (typeof directory === 'string' ? directory : 'Seeq');

function sourceName(ref: SecretRef, folder: string): string {
  return ref.file === undefined ? `the environment variable ${ref.env ?? ''}` : `the file ${resolve(folder, ref.file)}`;
}
