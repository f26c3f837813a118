/** Who may call the simulated platform, by REST and by MQTT, and the tokens it has given. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Account {
  user: string;
  password: string;
  /** Client ids of the installations that are assigned to it. */
  installations: number[];
  /** API keys. */
  keys?: string[];
  /** A log-in then needs this code too. */
  code?: string;
  oauth?: {
    clientId: string;
    clientSecret: string;
    refreshToken: string;
    /** Life of an access token, in seconds. */
    lifeSeconds: number;
    /** Whether each use replaces the refresh token. */
    rotates?: boolean;
  };
}

type TokenKind = 'key' | 'login' | 'challenge' | 'access';

interface Token {
  readonly account: Account;
  readonly kind: TokenKind;
  readonly untilMs: number;
}

/** What a log-in came to. */
export interface Issued {
  readonly token: string;
  readonly challenge: boolean;
}

export class Accounts {
  readonly #accounts: readonly Account[];
  readonly #tokens = new Map<string, Token>();
  readonly #refreshTokens = new Map<string, Account>();
  /** Log-ins by user and password, the refused ones too. */
  logins = 0;
  /** Uses of refresh tokens, the refused ones too. */
  refreshes = 0;

  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts;
    for (const account of accounts) {
      for (const key of account.keys ?? []) this.#tokens.set(key, { account, kind: 'key', untilMs: Infinity });
      if (account.oauth) this.#refreshTokens.set(account.oauth.refreshToken, account);
    }
  }

  get all(): readonly Account[] {
    return this.#accounts;
  }

  /** The caller of a REST call; undefined without valid credentials. A key takes precedence over a Basic pair. */
  ofRequest(headers: IncomingHttpHeaders): Account | undefined {
    const key = headers['x-api-key'];
    if (typeof key === 'string') return this.#ofToken(key, ['key', 'login']);
    const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.#ofToken(bearer, ['access']);
    const pair = basicPair(headers);
    return pair && (this.#ofToken(pair.password, ['key', 'login']) ?? this.#ofPassword(pair.user, pair.password));
  }

  /** The account of a broker log-in. The broker cannot request a second factor. */
  ofMqtt(user: string | undefined, password: string | undefined): Account | undefined {
    if (password === undefined || user === undefined) return undefined;
    if (user === 'bearer') return this.#ofToken(password, ['access']);
    const account = this.#ofToken(password, ['key', 'login']) ?? this.#ofPassword(user, password);
    return account;
  }

  /** The first step of a log-in, by the Basic header alone. */
  logIn(headers: IncomingHttpHeaders): Issued | undefined {
    this.logins++;
    const pair = basicPair(headers);
    const account =
      pair && this.#accounts.find(({ user, password }) => user === pair.user && password === pair.password);
    if (account === undefined) return undefined;
    const challenge = account.code !== undefined;
    return { token: this.#issue(account, challenge ? 'challenge' : 'login'), challenge };
  }

  /** The second step, by the token of the first alone. */
  answerChallenge(headers: IncomingHttpHeaders, code: unknown): string | undefined {
    const key = String(headers['x-api-key']);
    const account = this.#ofToken(key, ['challenge']);
    if (account === undefined || code !== account.code) return undefined;
    this.#tokens.delete(key);
    return this.#issue(account, 'login');
  }

  logOut(headers: IncomingHttpHeaders): boolean {
    return this.#tokens.delete(String(headers['x-api-key']));
  }

  /** An access token for a refresh token; undefined for a wrong client, null for a refresh token that is not valid. */
  refresh(headers: IncomingHttpHeaders, refreshToken: string) {
    this.refreshes++;
    const pair = basicPair(headers);
    const decoded = pair && { id: unform(pair.user), secret: unform(pair.password) };
    const client = this.#accounts.find(
      ({ oauth }) => oauth?.clientId === decoded?.id && oauth?.clientSecret === decoded?.secret,
    );
    if (client === undefined || decoded === undefined) return undefined;
    const account = this.#refreshTokens.get(refreshToken);
    if (account?.oauth === undefined || account !== client) return null;
    const { lifeSeconds, rotates } = account.oauth;
    const next = rotates === true ? `refresh-${randomUUID()}` : refreshToken;
    this.#refreshTokens.delete(refreshToken);
    this.#refreshTokens.set(next, account);
    return { access_token: this.#issue(account, 'access', lifeSeconds * 1000), refresh_token: next, lifeSeconds };
  }

  /** A key, or any token, is not valid from now on. */
  revoke(token: string): void {
    this.#tokens.delete(token);
    this.#refreshTokens.delete(token);
  }

  /** All tokens of log-ins and of OAuth are not valid from now on. */
  revokeIssued(): void {
    for (const [text, { kind }] of this.#tokens) if (kind !== 'key') this.#tokens.delete(text);
  }

  /** A new key for an account. */
  addKey(user: string, key: string): void {
    const account = this.#accounts.find((one) => one.user === user);
    if (account === undefined) throw new Error(`There is no account "${user}".`);
    this.#tokens.set(key, { account, kind: 'key', untilMs: Infinity });
  }

  #ofToken(text: string, kinds: readonly TokenKind[]): Account | undefined {
    const token = this.#tokens.get(text);
    if (token === undefined || token.untilMs <= Date.now()) return undefined;
    return kinds.includes(token.kind) ? token.account : undefined;
  }

  /** User and password directly; not for an account with a second factor. */
  #ofPassword(user: string, password: string): Account | undefined {
    return this.#accounts.find((one) => one.user === user && one.password === password && one.code === undefined);
  }

  #issue(account: Account, kind: TokenKind, lifeMs = Infinity): string {
    const token = `${kind}-${randomUUID()}`;
    this.#tokens.set(token, { account, kind, untilMs: Date.now() + lifeMs });
    return token;
  }
}

function basicPair({ authorization = '' }: IncomingHttpHeaders): { user: string; password: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const unform = (text: string): string => decodeURIComponent(text.replaceAll('+', '%20'));
