/**
 * Who may log in, and the sessions they have. A session has a token for the header `x-sq-auth` and a CSRF token for
 * those who send the token as a cookie. Its life is absolute: use does not prolong it.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SeeqError } from './errors.ts';

export interface Directory {
  readonly name: string;
  readonly datasourceClass: string;
  readonly datasourceId: string;
}

export interface Account {
  /** Name of the user, or id of the access key. */
  readonly name: string;
  readonly password: string;
  /** Name of the directory; the built-in one by default. */
  readonly directory?: string;
  readonly kind: 'user' | 'accessKey';
  /** The key or the password no longer works. */
  readonly expired?: boolean;
}

/** Tells accounts of one name in several directories apart. */
export function userKey(account: Account): string {
  return `${account.directory ?? DIRECTORIES[0].name}/${account.name}`;
}

export const DIRECTORIES: readonly [Directory, Directory] = [
  { name: 'Seeq', datasourceClass: 'Auth', datasourceId: 'Seeq' },
  { name: 'Plant Directory', datasourceClass: 'Simulated Directory', datasourceId: 'plant' },
];

/** Default accounts of a simulator. */
export const DEFAULT_ACCOUNTS = [
  { kind: 'user', name: 'reader@example.com', password: 'reader-password' },
  { kind: 'user', name: 'operator', password: 'operator-password', directory: 'Plant Directory' },
  { kind: 'accessKey', name: 'simulator-access-key', password: 'simulator-access-secret' },
] as const satisfies readonly Account[];

export interface Session {
  readonly account: Account;
  readonly csrf: string;
  /** Milliseconds since 1970 on the clock of the simulated server. */
  readonly expires: number;
}

export interface Login {
  readonly username?: string | null;
  readonly password?: string | null;
  readonly authProviderClass?: string | null;
  readonly authProviderId?: string | null;
}

export class Sessions {
  readonly accounts: readonly Account[];
  readonly #tokens = new Map<string, Session>();
  readonly #clock: () => number;
  readonly #seconds: number;
  readonly #keysExpired: () => boolean;

  /** @param clock milliseconds since 1970 @param seconds life of a session @param keysExpired no access key works */
  constructor(accounts: readonly Account[], clock: () => number, seconds: number, keysExpired: () => boolean) {
    this.accounts = accounts;
    this.#clock = clock;
    this.#seconds = seconds;
    this.#keysExpired = keysExpired;
  }

  /** @throws SeeqError 401 for wrong credentials */
  login(login: Login): { session: Session; token: string } {
    const directory = directoryOf(login);
    const account = this.accounts.find(
      (candidate) =>
        candidate.name === login.username &&
        candidate.password === login.password &&
        candidate.expired !== true &&
        !(candidate.kind === 'accessKey' && this.#keysExpired()) &&
        (candidate.directory ?? DIRECTORIES[0].name) === directory,
    );
    if (account === undefined) throw new SeeqError(401, 'The username or the password is not right');
    const session = { account, csrf: newToken(), expires: this.#clock() + this.#seconds * 1000 };
    return { session, token: this.issue(session) };
  }

  /** One more token for a session; earlier ones stay valid. */
  issue(session: Session): string {
    const token = newToken();
    this.#tokens.set(token, session);
    return token;
  }

  /**
   * The session of a request: the header `x-sq-auth` alone, or the cookie `sq-auth` together with the header
   * `x-sq-csrf`.
   * @throws SeeqError 401 without a valid session, 403 for a cookie without its CSRF token
   */
  of(headers: IncomingHttpHeaders): { session: Session; token: string } {
    const { token, byCookie } = tokenOf(headers);
    const session = token === undefined ? undefined : this.#tokens.get(token);
    if (token === undefined || session === undefined || session.expires <= this.#clock()) {
      if (token !== undefined) this.#tokens.delete(token);
      throw new SeeqError(401, 'There is no valid session; log in first');
    }
    if (byCookie && headers['x-sq-csrf'] !== session.csrf)
      throw new SeeqError(403, 'The CSRF token is missing or wrong');
    return { session, token };
  }

  /** Key of the user of a request, as far as it has a session. */
  userOf(headers: IncomingHttpHeaders): string | undefined {
    const session = this.#tokens.get(tokenOf(headers).token ?? '');
    return session === undefined ? undefined : userKey(session.account);
  }

  logout(token: string): void {
    this.#tokens.delete(token);
  }

  /** Forgets all sessions, as a restart of the server does. */
  voidAll(): void {
    this.#tokens.clear();
  }

  get count(): number {
    return this.#tokens.size;
  }
}

function directoryOf(login: Login): string | undefined {
  const { authProviderClass, authProviderId } = login;
  if (!authProviderClass && !authProviderId) return DIRECTORIES[0].name;
  return DIRECTORIES.find(
    (directory) => directory.datasourceClass === authProviderClass && directory.datasourceId === authProviderId,
  )?.name;
}

function tokenOf(headers: IncomingHttpHeaders): { token: string | undefined; byCookie: boolean } {
  const header = headers['x-sq-auth'];
  return typeof header === 'string'
    ? { token: header, byCookie: false }
    : { token: cookieOf(headers.cookie), byCookie: true };
}

function cookieOf(header: string | undefined): string | undefined {
  return /(?:^|;\s*)sq-auth=([^;]+)/.exec(header ?? '')?.[1];
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}
