/** Publishes telemetry. Each message holds the newest state, so the next message replaces a lost one. */
import type { NatsConnection } from 'nats';
import type { BusConnection } from './connection/connection.ts';
import { publishSubject } from './subject.ts';
import { roundTrip } from './connection/round-trip.ts';

export interface TelemetryPublisher {
  readonly subject: string;
  /** Messages handed to the client. */
  readonly published: number;
  /**
   * Messages that were not published: there was no connection, the message was too large, or the server had not
   * received the previous ones.
   */
  readonly dropped: number;
  /** Publishes a value as JSON. Returns false if it was dropped. Never throws, waits or logs. */
  publish(value: object): boolean;
}

/** Limit of unconfirmed bytes. The client buffers without a limit while the server is slow. */
const windowBytes = 1024 * 1024;

/** Throws if the subject is not valid for publishing. */
export function telemetryPublisher(connection: BusConnection, subject: string): TelemetryPublisher {
  const checked = publishSubject(subject);
  const window = new SendWindow();
  let published = 0;
  let dropped = 0;
  return {
    subject: checked,
    get published() {
      return published;
    },
    get dropped() {
      return dropped;
    },
    publish: (value) => {
      try {
        const nc = connection.nats;
        const body = Buffer.from(JSON.stringify(value), 'utf8');
        if (nc !== undefined && body.length <= (nc.info?.max_payload ?? 0) && window.hasRoom(nc, body.length)) {
          nc.publish(checked, body);
          window.add(nc, body.length);
          published++;
          return true;
        }
      } catch {
        // Telemetry must not disturb the driver. The count of dropped messages reports the failure.
      }
      dropped++;
      return false;
    },
  };
}

/** Counts the bytes in flight on the live connection. Pings the server only when there are many. */
class SendWindow {
  #nc: NatsConnection | undefined;
  #bytes = 0;
  #confirming = false;

  /** A single message always has room, whatever its size. */
  hasRoom(nc: NatsConnection, bytes: number): boolean {
    if (nc !== this.#nc) {
      this.#nc = nc;
      this.#bytes = 0;
      this.#confirming = false;
    }
    if (this.#bytes === 0 || this.#bytes + bytes <= windowBytes) return true;
    this.#confirm(nc);
    return false;
  }

  add(nc: NatsConnection, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= windowBytes / 4) this.#confirm(nc);
  }

  #confirm(nc: NatsConnection): void {
    if (this.#confirming) return;
    this.#confirming = true;
    const confirmed = this.#bytes;
    roundTrip(nc).then(
      () => {
        if (nc !== this.#nc) return;
        this.#bytes -= confirmed;
        this.#confirming = false;
      },
      // The connection has ended. The next one starts with an empty window.
      () => undefined,
    );
  }
}
