/** The access rule of the HTTP server, in one place: who may use which route. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';
import { addressesIn, type HttpConfig, isLocalAddress } from './config.ts';
import type { Client, RouteAccess } from './route.ts';

/** The decision about a request. */
export type Admission =
  | { readonly admitted: true; readonly client: Client }
  | { readonly admitted: false; readonly status: 401 | 403 | 421; readonly message: string };

export type GuardConfig = Pick<
  HttpConfig,
  'address' | 'token' | 'access' | 'trustedHeader' | 'trustedProxies' | 'hostNames' | 'tls'
>;

/** Name of the cookie of a session. */
export const SESSION_COOKIE = 'iota-seeqdrv';
const SESSION_MS = 7 * 86_400_000;
const LONGEST_USER = 256;

export class Guard {
  readonly #config: GuardConfig;
  readonly #isLocal: boolean;
  readonly #proxies: BlockList;
  readonly #hosts: ReadonlySet<string>;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(config: GuardConfig, now: () => number = Date.now) {
    this.#config = config;
    this.#isLocal = isLocalAddress(config.address);
    this.#proxies = addressesIn(config.trustedProxies);
    this.#hosts = new Set([config.address, ...config.hostNames].map((name) => name.toLowerCase()));
    this.#now = now;
  }

  /** @throws Error if the token cannot be read; its message is safe to log */
  async admit(request: IncomingMessage, access: RouteAccess): Promise<Admission> {
    const config = this.#config;
    if (isFromLoopback(request) && !this.#isOwnHost(request.headers.host)) {
      const message =
        'The Host header has another name than localhost or an IP address; if a proxy passes it on, add it to settings.http.hostNames.';
      return { admitted: false, status: 421, message };
    }
    if (access === 'public' || (access === 'open' && config.access === 'open')) return { admitted: true, client: {} };
    const user = this.#proxyUser(request);
    if (user !== undefined) return { admitted: true, client: { user } };
    if (config.token !== undefined) {
      const token = await config.token.reveal();
      if (this.#hasToken(request, token)) return { admitted: true, client: {} };
      return { admitted: false, status: 401, message: 'A token is needed: send it as "Authorization: Bearer".' };
    }
    if (config.trustedHeader !== undefined) {
      return { admitted: false, status: 401, message: 'Requests must come through the proxy that logs users in.' };
    }
    if (this.#isLocal) return { admitted: true, client: {} };
    const message = 'This is shown to other machines only with settings.http.token or settings.http.trustedHeader.';
    return { admitted: false, status: 403, message };
  }

  /** Whether there is a token to log in with. */
  get hasLogin(): boolean {
    return this.#config.token !== undefined;
  }

  /**
   * Begins a session. Returns the value of the header `Set-Cookie`, or undefined if the token is wrong. The cookie holds
   * no token, and is valid for every replica with the same token, for a week or until the token changes.
   */
  async logIn(given: string): Promise<string | undefined> {
    const token = await this.#config.token?.reveal();
    if (token === undefined || !isSame(given, token)) return undefined;
    const end = String(this.#now() + SESSION_MS);
    return this.#cookie(`${end}.${signature(token, end)}`, SESSION_MS / 1000);
  }

  /** The value of `Set-Cookie` that ends a session. */
  logOut(): string {
    return this.#cookie('', 0);
  }

  #cookie(value: string, seconds: number): string {
    const secure = this.#config.tls === undefined ? '' : '; Secure';
    return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }

  #hasToken({ headers }: IncomingMessage, token: string): boolean {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return isSame(bearer, token);
    const [end = '', signed = ''] = (cookieOf(headers.cookie, SESSION_COOKIE) ?? '').split('.', 2);
    return /^\d{1,16}$/.test(end) && isSame(signed, signature(token, end)) && Number(end) > this.#now();
  }

  /** The user in the trusted header, if it comes from a trusted proxy. */
  #proxyUser({ headers, socket }: IncomingMessage): string | undefined {
    const { trustedHeader } = this.#config;
    if (trustedHeader === undefined) return undefined;
    const value = headers[trustedHeader.toLowerCase()];
    const user = typeof value === 'string' ? value.trim().slice(0, LONGEST_USER) : '';
    return user !== '' && this.#proxies.check(...addressAndFamily(socket.remoteAddress)) ? user : undefined;
  }

  /** A website cannot have such a name, so a browser sends it only for a page of this server. */
  #isOwnHost(host = ''): boolean {
    const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
    if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true;
    return name === 'localhost' || name.endsWith('.localhost') || this.#hosts.has(name);
  }
}

const signature = (token: string, end: string): string =>
  createHmac('sha256', token).update(`iota-seeqdrv session ${end}`).digest('base64url');

/** In constant time, also for texts of different lengths. */
function isSame(given: string, right: string): boolean {
  const key = 'comparison';
  const [a, b] = [given, right].map((text) => createHmac('sha256', key).update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function cookieOf(header = '', name: string): string | undefined {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

const LOOPBACK = addressesIn(['127.0.0.0/8', '::1']);

const isFromLoopback = ({ socket }: IncomingMessage): boolean =>
  LOOPBACK.check(...addressAndFamily(socket.remoteAddress));

/** An IPv4 address in IPv6 notation is one of IPv4. */
function addressAndFamily(remote = ''): [address: string, family: 'ipv4' | 'ipv6'] {
  const [bare = ''] = remote.split('%', 1);
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
  return isIP(address) === 6 ? [address, 'ipv6'] : [isIP(address) === 4 ? address : '0.0.0.0', 'ipv4'];
}
