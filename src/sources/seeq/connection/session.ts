/**
 * The session at one Seeq server: one login for all waiting calls. The token is kept, and replaced whenever an answer
 * contains a new one. Repeated logins with a wrong password are delayed, because they would lock the account.
 */
import { DriverError } from '../../../contract/errors.ts';
import { unlessAborted } from '../../../lib/abort.ts';
import type { TextSource } from '../../../net/tls.ts';
import { LoginBackoff } from '../../../net/availability/login-backoff.ts';
import { SecretFilter } from '../../../net/secret-filter.ts';
import type { SeeqClient, TokenHolder } from './transport.ts';
import { fromThrown, SilentLogin } from '../../../net/errors.ts';
import { retryAfterOf } from '../../../net/availability/server-calls.ts';
import { answerOf, isObject, type JsonObject, optionalList, optionalText, textIn } from '../../../net/json-fields.ts';
import { fromRefusal, labelOf } from './errors.ts';
import { directoriesText, loginAdvice } from './login-advice.ts';

/** How the driver logs in. Secrets are read for each login, so that a rotated one is used at the next. */
export type SeeqCredentials =
  | { kind: 'accessKey'; accessKey: TextSource; password: TextSource }
  | { kind: 'user'; user: TextSource; password: TextSource; directory: string };

/** The current name and password. */
interface Login {
  readonly username: string;
  readonly password: string;
}

/** Seeq's own directory, in the two members that its login requires. */
const SEEQ_DIRECTORY = { authProviderClass: 'Auth', authProviderId: 'Seeq' };

/** After this many consecutive logins without an accepted call, further logins are delayed like refused ones. */
const MOST_UNPROVEN = 2;
/** Timeout of one login, independent of its callers. */
const LOGIN_TIMEOUT_MS = 30_000;

export class SeeqSession implements TokenHolder {
  #token: string | undefined;
  #login: { readonly done: Promise<void>; readonly stop: AbortController } | undefined;
  readonly #backoff: LoginBackoff;
  #lastLogin: Login | undefined;
  /** Secrets to remove from texts. The server may also repeat an older one. */
  readonly #secrets = new SecretFilter();
  /** Consecutive logins whose token was refused before any call was accepted with it. */
  #unproven = 0;
  readonly #server: string;
  readonly #credentials: SeeqCredentials;
  #client: SeeqClient | undefined;

  constructor(server: string, credentials: SeeqCredentials, now: () => number = performance.now.bind(performance)) {
    this.#server = server;
    this.#credentials = credentials;
    this.#backoff = new LoginBackoff(now);
  }

  /** The client needs this session as its token holder, so it is set afterwards. */
  use(client: SeeqClient): void {
    this.#client = client;
  }

  get token(): string | undefined {
    return this.#token;
  }

  renewed(token: string, usedToken: string | undefined): void {
    // An answer to a call made before the last login must not restore the old session.
    if (usedToken !== this.#token) return;
    this.#secrets.learn(token);
    this.#token = token;
  }

  /** A call was not refused because of its token. */
  accepted(): void {
    this.#unproven = 0;
  }

  /**
   * Discards a token that the server refused.
   * @returns true if another call has replaced it already, so that the call can be retried at once
   */
  expired(token: string | undefined): boolean {
    if (token === undefined || token !== this.#token) return true;
    this.#token = undefined;
    // A server that issues tokens and accepts none of them must not get a login for every call.
    if (++this.#unproven > MOST_UNPROVEN) this.#remember(unproven(this.#server));
    return false;
  }

  /**
   * The server's text on one line without the driver's secrets, in case it repeats them. Empty if that is not possible.
   */
  readonly conceal = (text: string, longest?: number): string => this.#secrets.clean(text, longest);

  /** A failure of a call, without the driver's secrets in the server's text. */
  failure(thrown: unknown, signal?: AbortSignal): DriverError {
    return fromThrown(thrown, labelOf(this.#server), signal, this.conceal);
  }

  /**
   * Resolves when there is a token to try. Concurrent callers share one login.
   * @throws DriverError `unauthorized` if the login is refused, `sourceUnavailable` if the server is unavailable
   */
  async ensure(signal: AbortSignal): Promise<void> {
    if (this.#token !== undefined) return;
    // A login that starts now would have no waiting caller to handle its failure.
    signal.throwIfAborted();
    this.#login ??= this.#begin();
    await unlessAborted(this.#login.done, signal);
  }

  /** Abandons an unanswered login. Its callers get a retryable error. */
  restart(): void {
    this.#login?.stop.abort();
    this.#login = undefined;
  }

  #begin() {
    const stop = new AbortController();
    const done = this.#logIn(AbortSignal.any([stop.signal, AbortSignal.timeout(LOGIN_TIMEOUT_MS)])).finally(() => {
      if (this.#login === login) this.#login = undefined;
    });
    const login = { done, stop };
    return login;
  }

  async #logIn(signal: AbortSignal): Promise<void> {
    const login = await this.#readLogin();
    this.#backoff.check(keyOf(login));
    const client = this.#client;
    if (!client) throw new DriverError('internal', 'The session has no client yet.');
    try {
      const body = { ...login, ...(await this.#providerOf(client, signal)) };
      const { error, response } = await client.POST('/auth/login', { body, signal });
      if (!response.ok) {
        if (response.status === 404 || response.status === 405) throw notSeeq(this.#server, response.status);
        const refusal = { status: response.status, body: error, retryAfterMs: retryAfterOf(response) };
        throw await this.#advised(fromRefusal(refusal, this.#server, this.conceal), login, client, signal);
      }
      const token = response.headers.get('x-sq-auth');
      if (token === null || token === '') {
        throw new DriverError('sourceError', `Server "${this.#server}" accepted the log-in but gave no session token.`);
      }
      this.#secrets.learn(token);
      this.#token = token;
      this.#backoff.accepted();
    } catch (thrown) {
      throw this.#remember(timedOut(signal, this.#server) ?? this.failure(thrown), login);
    }
  }

  /**
   * Reads the current credentials. @throws DriverError `sourceUnavailable` if a secret is unreadable; it is read again
   * for the next call
   */
  async #readLogin(): Promise<Login> {
    const credentials = this.#credentials;
    const name = credentials.kind === 'accessKey' ? credentials.accessKey : credentials.user;
    try {
      const [username, password] = await Promise.all([name.reveal(), credentials.password.reveal()]);
      this.#secrets.learn(password);
      if (credentials.kind === 'accessKey') this.#secrets.learn(username);
      this.#lastLogin = { username, password };
      return this.#lastLogin;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `The log-in at server "${this.#server}" cannot be read: ${why}. It is read again at the next call.`;
      throw new DriverError('sourceUnavailable', text, { cause: error });
    }
  }

  async #providerOf(client: SeeqClient, signal: AbortSignal) {
    // Access keys do not belong to a directory: no provider is sent.
    if (this.#credentials.kind === 'accessKey') return {};
    return this.#provider(this.#credentials.directory, client, signal);
  }

  async #provider(directory: string, client: SeeqClient, signal: AbortSignal) {
    if (directory.toLowerCase() === 'seeq') return SEEQ_DIRECTORY;
    const { data, error, response } = await client.GET('/auth/providers', { signal });
    if (!response.ok) {
      throw fromRefusal({ status: response.status, body: error, retryAfterMs: undefined }, this.#server, this.conceal);
    }
    const { names, entries } = this.#directories(data);
    const provider = entries[names.findIndex((name) => name.toLowerCase() === directory.toLowerCase())];
    if (!provider) {
      throw new DriverError(
        'unauthorized',
        `Server "${this.#server}" has no directory "${directory}"; it offers ${directoriesText(names)}.`,
      );
    }
    const datasourceClass = optionalText(provider, 'datasourceClass');
    const datasourceId = optionalText(provider, 'datasourceId');
    return {
      ...(datasourceClass ? { authProviderClass: datasourceClass } : {}),
      ...(datasourceId ? { authProviderId: datasourceId } : {}),
    };
  }

  /** The directories in an answer, without unreadable ones. @throws UnexpectedJson */
  #directories(body: unknown): { names: string[]; entries: JsonObject[] } {
    const entries = optionalList(answerOf(body), 'authProviders').filter(
      (entry): entry is JsonObject => isObject(entry) && typeof entry.name === 'string',
    );
    return { names: entries.map((entry) => this.conceal(textIn(entry, 'name'), 200)), entries };
  }

  /** A refused login, with its remedy. */
  async #advised(error: DriverError, { username, password }: Login, client: SeeqClient, signal: AbortSignal) {
    if (error.code !== 'unauthorized') return error;
    const { kind } = this.#credentials;
    const directory = this.#credentials.kind === 'user' ? this.#credentials.directory : undefined;
    const offered = kind === 'user' ? await this.#offered(client, signal) : undefined;
    const advice = loginAdvice({ kind, username, password, directory, offered });
    return new DriverError(error.code, `${error.message} ${advice}`, { details: error.details ?? {} });
  }

  /** For advice only: a server that does not list its directories is no further problem. */
  async #offered(client: SeeqClient, signal: AbortSignal): Promise<string[] | undefined> {
    try {
      const { data, response } = await client.GET('/auth/providers', { signal });
      return response.ok ? this.#directories(data).names : undefined;
    } catch {
      return undefined;
    }
  }

  #remember(error: DriverError, login = this.#lastLogin): DriverError {
    return error.code === 'unauthorized' ? this.#backoff.refused(error, keyOf(login)) : error;
  }
}

/** Equal for equal credentials. */
const keyOf = (login: Login | undefined): string => JSON.stringify([login?.username, login?.password]);

function timedOut(signal: AbortSignal, server: string): DriverError | undefined {
  if (!signal.aborted) return undefined;
  return new SilentLogin('sourceUnavailable', `Server "${server}" does not answer to the log-in.`);
}

function notSeeq(server: string, status: number): DriverError {
  return new DriverError(
    'sourceError',
    `Server "${server}" answers ${status} to a log-in, so it is not Seeq. Correct its "url": the address of Seeq as in a ` +
      'browser, such as "https://seeq.example.com".',
    { details: { status } },
  );
}

function unproven(server: string): DriverError {
  return new DriverError(
    'unauthorized',
    `Server "${server}" accepts the driver's log-in but refuses the session that it gives; is a proxy in between?`,
  );
}
