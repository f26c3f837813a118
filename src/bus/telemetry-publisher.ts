/** Publishes telemetry: the newest state of something, of which a lost message is made good by the next. */
import type { NatsConnection } from 'nats';
import type { BusConnection } from './connection/connection.ts';
import { publishSubject } from './subject.ts';

export interface TelemetryPublisher {
  readonly subject: string;
  /** Messages handed to the client. */
  readonly published: number;
  /**
   * Messages that could not be published: there was no connection, they were too large, or the server has not taken
   * those before them.
   */
  readonly dropped: number;
  /** Publishes a value as JSON; false when it was dropped. Never throws, never waits and never logs. */
  publish(value: object): boolean;
}

/** Bytes that the server need not have taken yet. The client would collect them without bounds while it is slow. */
const windowBytes = 1024 * 1024;

/** Throws when the subject is not one to publish on. */
export function telemetryPublisher(connection: BusConnection, subject: string): TelemetryPublisher {
  const checked = publishSubject(subject);
  const window = new Window();
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
        // Telemetry must not disturb what it tells of; the count below tells of it.
      }
      dropped++;
      return false;
    },
  };
}

/** Counts the bytes on their way over the live connection; asks the server for a sign only when they become many. */
class Window {
  #nc: NatsConnection | undefined;
  #bytes = 0;
  #confirming = false;

  /** One message always has room, however large. */
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
    nc.flush().then(
      () => {
        if (nc !== this.#nc) return;
        this.#bytes -= confirmed;
        this.#confirming = false;
      },
      // The connection is gone; the next one begins with an empty window.
      () => undefined,
    );
  }
}
