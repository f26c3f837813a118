/**
 * One connection while it is used: detects that its server no longer answers, and reports why it ended. The client's
 * own pings detect that too, but then wait for a last write, which never ends if the server has stopped reading. These
 * pings replace them and destroy the socket.
 */
import type { NatsConnection } from 'nats';
import { formatAddress, type ServerAddress } from './address.ts';
import type { BusIdentity } from './dial.ts';
import type { OpenedConnection } from './dialer.ts';
import { lostConnection, staleConnection, type BusError } from './errors.ts';
import { roundTrip } from './round-trip.ts';

/** Pings that may be unanswered before the connection is considered dead. */
const allowedMissing = 2;

/** Facts about the server of a connection. */
export interface BusServerInfo {
  address: string;
  name: string;
  version: string;
  maxPayload: number;
  tls: boolean;
}

export class LiveConnection {
  readonly nc: NatsConnection;
  readonly server: ServerAddress;
  /** The credentials it was made with. */
  readonly identity: BusIdentity;
  /** Resolves with the reason when the connection has ended, also if the driver closed it. */
  readonly ended: Promise<BusError>;
  #missing = 0;

  constructor({ nc, server, identity }: OpenedConnection, pingIntervalMs: number) {
    this.nc = nc;
    this.server = server;
    this.identity = identity;
    let stale: BusError | undefined;
    const timer = setInterval(() => {
      if (this.#missing > allowedMissing) return;
      if (this.#missing === allowedMissing) {
        stale = staleConnection(server, (allowedMissing + 1) * pingIntervalMs);
        void nc.close();
      } else this.#ping();
    }, pingIntervalMs);
    timer.unref();
    this.ended = nc.closed().then((reason) => {
      clearInterval(timer);
      return stale ?? lostConnection(server, reason);
    });
  }

  /** The server with its current max_payload. */
  serverInfo(tls: boolean): BusServerInfo | undefined {
    const info = this.nc.info;
    if (info === undefined) return undefined;
    const { server_name: name, version, max_payload: maxPayload } = info;
    return { address: formatAddress(this.server), name, version, maxPayload, tls };
  }

  #ping(): void {
    this.#missing++;
    roundTrip(this.nc).then(
      () => {
        this.#missing = 0;
      },
      // The connection has ended.
      () => undefined,
    );
  }
}
