/**
 * Limits the connections of a listener, in total and per address, because a connection costs a client nothing. Beyond a
 * limit the connection with the longest inactivity is closed, not the new one. So a client that sends its request at
 * once is served, however many connections others hold open.
 */
import { isIPv6 } from 'node:net';
import type { Logger } from '../contract/log.ts';

/** The part of a socket that is used here. */
export interface LimitedSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface ConnectionLimitsOptions {
  /** Most concurrent connections. */
  readonly total: number;
  /** Most concurrent connections from one address; see `addressGroup`. */
  readonly perAddress: number;
  /** The words for its message: the listener, and what an operator can do. */
  readonly names: { readonly listener: string; readonly limits: string };
  readonly logger: Logger;
  /** Called for each connection that a limit closes. */
  readonly onClosed: () => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

interface Connection {
  readonly socket: LimitedSocket;
  readonly group: string;
  /** Complete requests in progress. The connection is not closed meanwhile. */
  working: number;
}

/** Longer than the interval of any client: a sensor posts about every 30 minutes. */
const KNOWN_MS = 24 * 3_600_000;
const MOST_KNOWN = 10_000;
const QUIET_MS = 60_000;

export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #now: () => number;
  /** Ordered by activity: the longest inactive connection is first. */
  readonly #connections = new Map<string, Connection>();
  readonly #countOf = new Map<string, number>();
  /** Trusted addresses, with the time. The oldest is first. */
  readonly #known = new Map<string, number>();
  #loggedMs = -Infinity;
  #notLogged = 0;

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Adds a new connection, and closes it or another one if there are too many. */
  add(socket: LimitedSocket): void {
    const { total, perAddress } = this.#options;
    const group = addressGroup(socket.remoteAddress);
    const key = keyOf(socket);
    if (this.#count(group) >= perAddress && !this.#closeOne((other) => other.group === group)) {
      this.#close({ socket, group, working: 0 }, 'of one address');
      return;
    }
    if (this.#connections.size >= total) {
      const isStranger = (other: Connection): boolean => !this.#isKnown(other.group);
      const closed = this.#closeOne(isStranger) || (this.#isKnown(group) && this.#closeOne(() => true));
      if (!closed) {
        this.#close({ socket, group, working: 0 }, 'in all');
        return;
      }
    }
    this.#connections.set(key, { socket, group, working: 0 });
    this.#countOf.set(group, this.#count(group) + 1);
    socket.once('close', () => {
      if (this.#connections.get(key)?.socket === socket) this.#forget(key);
    });
  }

  /** A complete request has arrived on a connection, which stays open until `rests` is called for it. */
  works(socket: Pick<LimitedSocket, 'remoteAddress' | 'remotePort'>): void {
    const connection = this.#connections.get(keyOf(socket));
    if (connection !== undefined) connection.working++;
  }

  /** The answer was sent. */
  rests(socket: Pick<LimitedSocket, 'remoteAddress' | 'remotePort'>): void {
    const key = keyOf(socket);
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    connection.working--;
    // Moves it to the end of the order.
    this.#connections.delete(key);
    this.#connections.set(key, connection);
  }

  /** A request from this address proved who its client is: for a day it has priority over unknown addresses. */
  trust(address: string | undefined): void {
    const group = addressGroup(address);
    this.#known.delete(group);
    this.#known.set(group, this.#now());
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  #isKnown(group: string): boolean {
    const sinceMs = this.#known.get(group);
    return sinceMs !== undefined && this.#now() - sinceMs < KNOWN_MS;
  }

  #count(group: string): number {
    return this.#countOf.get(group) ?? 0;
  }

  /** Returns false if all candidates are in use. */
  #closeOne(fits: (connection: Connection) => boolean): boolean {
    for (const [key, connection] of this.#connections) {
      if (connection.working > 0 || !fits(connection)) continue;
      this.#forget(key);
      this.#close(connection, 'that does nothing');
      return true;
    }
    return false;
  }

  #forget(key: string): void {
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    this.#connections.delete(key);
    const left = this.#count(connection.group) - 1;
    if (left > 0) this.#countOf.set(connection.group, left);
    else this.#countOf.delete(connection.group);
  }

  /** Logs at most one line a minute, however many connections are closed. */
  #close({ socket, group }: Connection, which: string): void {
    const { names, logger, onClosed, total, perAddress } = this.#options;
    socket.destroy();
    onClosed();
    if (this.#now() - this.#loggedMs < QUIET_MS) {
      this.#notLogged++;
      return;
    }
    this.#loggedMs = this.#now();
    logger.warn(
      { from: group, which, ...(this.#notLogged === 0 ? {} : { notLogged: this.#notLogged }) },
      `Too many connections to ${names.listener}: one from ${group} was closed. At most ${perAddress} of one address and ${total} in all are kept. ${names.limits}`,
    );
    this.#notLogged = 0;
  }
}

/**
 * The unit that counts as one address: an IPv4 address, also in IPv6 notation, or the /64 network of an IPv6 address,
 * since a single machine owns all of it.
 */
export function addressGroup(address = ''): string {
  const [bare = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const whole =
    tail === undefined
      ? before
      : [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
  const network = whole.slice(0, 4).map((part) => Number.parseInt(part, 16).toString(16));
  return `${network.join(':')}::/64`;
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Pick<LimitedSocket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`;
