/** Hands messages to whoever listens, and has them acknowledged when they are safe. Outlives the single connection. */
import type { IPublishPacket } from 'mqtt';
import { withTimeout } from '../lib/timeout.ts';
import { limited } from '../contract/log.ts';
import { MonotonicClock } from '../contract/monotonic-clock.ts';
import { Stopped } from '../lib/stopped.ts';
import { RedeliveryCache } from './redelivery-cache.ts';
import type { BrokerClientMetrics, BrokerClientOptions } from './client-options.ts';

/**
 * Bytes of messages that may be under way before no further one is taken, however few they are: each can have many MiB,
 * and stays in memory until the bus has what it came to.
 */
const MOST_BYTES = 64 * 1024 * 1024;

export class Receiver {
  readonly arrivals = new RedeliveryCache();
  readonly #options: BrokerClientOptions;
  readonly #numbers: BrokerClientMetrics;
  readonly #clock = new MonotonicClock();
  readonly #running = new Set<Promise<void>>();
  /** Of the messages that are running. */
  #bytes = 0;
  #waitingForRoom: (() => void)[] = [];
  #stopped = false;

  constructor(options: BrokerClientOptions, numbers: BrokerClientMetrics) {
    this.#options = options;
    this.#numbers = numbers;
  }

  /** False after `stop`: what comes now is not to be acknowledged. */
  get taking(): boolean {
    return !this.#stopped;
  }

  get full(): boolean {
    return this.#options.full() || this.#bytes >= MOST_BYTES;
  }

  /** Resolves when a message can be taken. */
  async whenReady(): Promise<void> {
    await this.#options.whenReady();
    while (this.#bytes >= MOST_BYTES) {
      await new Promise<void>((resolve) => {
        this.#waitingForRoom.push(resolve);
      });
      await this.#options.whenReady();
    }
  }

  /**
   * Takes a message; returns at once and never throws.
   * @param acknowledge sends the acknowledgement of that id on the connection on which the message came, if it still
   *   stands; tells whether it did
   */
  take(packet: IPublishPacket, acknowledge: (messageId: number) => boolean): void {
    const { topic, qos, retain, dup, messageId = 0 } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload, 'utf8') : packet.payload;
    let received = this.#clock.now();
    if (qos === 1) {
      const first = this.arrivals.note({ messageId, dup, topic, payload }, received);
      received = first.received;
      if (first.again || dup) this.#numbers.redelivered++;
    } else {
      // Of quality of service 2, which is never asked for, the client has confirmed the receipt by now.
      this.#numbers.atMostOnce++;
    }
    const message = { topic, payload, qos: qos === 0 ? (0 as const) : (1 as const), retained: retain, received };
    const work = (async (): Promise<void> => {
      try {
        await this.#options.onMessage(message);
        if (qos !== 1 || !acknowledge(messageId)) return;
        this.arrivals.acknowledged(messageId);
        this.#numbers.acknowledged++;
      } catch (error) {
        this.#tell(error);
      }
    })();
    this.#running.add(work);
    this.#bytes += payload.length;
    this.#numbers.running = this.#running.size;
    void work.then(() => {
      this.#running.delete(work);
      this.#bytes -= payload.length;
      this.#numbers.running = this.#running.size;
      if (this.#bytes < MOST_BYTES) for (const go of this.#waitingForRoom.splice(0)) go();
    });
  }

  /** Takes nothing any more; resolves when nothing is under way, or after so many milliseconds. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await withTimeout(deadlineMs, Promise.all(this.#running));
  }

  #tell(error: unknown): void {
    if (error instanceof Stopped) return;
    const { label, logger } = this.#options;
    const text = `${label}: a message could not be handled and was not acknowledged`;
    limited(logger).error(`MQTT message of ${label}`, { err: error }, text);
  }
}
