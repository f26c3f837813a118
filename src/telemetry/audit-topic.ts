/**
 * The audit records on the bus. They wait in limited memory while there is no connection or the server is slow. A
 * record that was handed to a connection which then breaks is lost without notice: its number is missing.
 */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { TelemetryPublisher } from '../bus/telemetry-publisher.ts';
import type { AuditRecord } from '../contract/audit.ts';

/** A record has usually 1 KiB, and at most about 30 KiB, so the bytes are limited too. */
const MOST_WAITING = 2000;
const MOST_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 100;

interface Waiting {
  readonly record: AuditRecord;
  readonly bytes: number;
}

export class AuditTopic {
  readonly #bus: BusConnection;
  readonly #publisher: TelemetryPublisher;
  readonly #onLost: () => void;
  readonly #unsubscribe: () => void;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #retry: NodeJS.Timeout | undefined;
  #lost = 0;

  constructor(bus: BusConnection, publisher: TelemetryPublisher, onLost: () => void) {
    this.#bus = bus;
    this.#publisher = publisher;
    this.#onLost = onLost;
    this.#unsubscribe = bus.onState((state) => {
      if (state === 'connected') this.#drain();
    });
  }

  get lost(): number {
    return this.#lost;
  }

  publish(record: AuditRecord): void {
    const bytes = bytesOf(record);
    if (this.#waiting.length >= MOST_WAITING || this.#bytes + bytes > MOST_BYTES) {
      this.#lost++;
      this.#onLost();
      return;
    }
    this.#waiting.push({ record, bytes });
    this.#bytes += bytes;
    if (this.#retry === undefined) this.#drain();
  }

  /** Publishes what waits, within the timeout. */
  async close(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    this.#drain();
    while (this.#waiting.length > 0 && this.#bus.nats !== undefined && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      this.#drain();
    }
    clearTimeout(this.#retry);
    this.#unsubscribe();
  }

  #drain(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    let sent = 0;
    for (const one of this.#waiting) {
      if (!this.#send(one)) break;
      this.#bytes -= one.bytes;
      sent++;
    }
    this.#waiting.splice(0, sent);
    // Without a connection the next one continues.
    if (this.#waiting.length === 0 || this.#bus.nats === undefined) return;
    this.#retry = setTimeout(() => {
      this.#drain();
    }, RETRY_MS).unref();
  }

  /** Returns false if the record must wait. */
  #send({ record, bytes }: Waiting): boolean {
    const limit = this.#bus.nats?.info?.max_payload;
    if (limit === undefined) return false;
    return this.#publisher.publish(bytes <= limit ? record : withoutNames(record, limit));
  }
}

const bytesOf = (record: AuditRecord): number => Buffer.byteLength(JSON.stringify(record));

/** The record without names, and if it is still too large for a message, without the request. */
function withoutNames(record: AuditRecord, limit: number): AuditRecord {
  const { request, ...rest } = record;
  const shorter = request === undefined ? record : { ...rest, request: { ...request, names: [], hosts: undefined } };
  return bytesOf(shorter) <= limit ? shorter : rest;
}
