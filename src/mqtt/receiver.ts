/** Passes messages to the handler and acknowledges them when they are safe. It is kept across connections. */
import type { IPublishPacket } from 'mqtt';
import { Backpressure } from '../lib/backpressure.ts';
import { withTimeout } from '../lib/timeout.ts';
import { limited } from '../contract/log.ts';
import { MonotonicClock } from '../contract/time/monotonic-clock.ts';
import { Stopped } from '../lib/stopped.ts';
import { RedeliveryCache } from './redelivery-cache.ts';
import type { BrokerClientMetrics, BrokerClientOptions } from './client-options.ts';

/**
 * Limit of bytes in progress, independent of the number of messages: each can have many MiB, and stays in memory until
 * its readings are on the bus.
 */
const MOST_BYTES = 64 * 1024 * 1024;

export class PacketReceiver {
  readonly redeliveries = new RedeliveryCache();
  readonly #options: BrokerClientOptions;
  readonly #metrics: BrokerClientMetrics;
  readonly #clock = new MonotonicClock();
  readonly #running = new Set<Promise<void>>();
  /** Bytes of the messages in progress. */
  #bytes = 0;
  readonly #backpressure = new Backpressure(() => this.#bytes >= MOST_BYTES);
  #stopped = false;

  constructor(options: BrokerClientOptions, metrics: BrokerClientMetrics) {
    this.#options = options;
    this.#metrics = metrics;
  }

  /** False after `stop`: later messages are not acknowledged. */
  get taking(): boolean {
    return !this.#stopped;
  }

  get full(): boolean {
    return this.#options.full() || this.#bytes >= MOST_BYTES;
  }

  /** Resolves when a message can be accepted. */
  async whenReady(): Promise<void> {
    await this.#options.whenReady();
    while (this.#bytes >= MOST_BYTES) {
      await this.#backpressure.whenReady();
      await this.#options.whenReady();
    }
  }

  /**
   * Handles a message. Returns at once and never throws.
   * @param acknowledge sends the acknowledgement of that id on the connection that delivered the message, if it is
   * still up; returns whether it did
   */
  receive(packet: IPublishPacket, acknowledge: (messageId: number) => boolean): void {
    const { topic, qos, retain, dup, messageId = 0 } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload, 'utf8') : packet.payload;
    let received = this.#clock.now();
    if (qos === 1) {
      const first = this.redeliveries.note({ messageId, dup, topic, payload }, received);
      received = first.received;
      if (first.again || dup) this.#metrics.redelivered++;
    } else {
      // QoS 2 is never requested. The client has confirmed such a message already.
      this.#metrics.atMostOnce++;
    }
    const message = { topic, payload, qos: qos === 0 ? (0 as const) : (1 as const), retained: retain, received };
    const work = (async (): Promise<void> => {
      try {
        await this.#options.onMessage(message);
        if (qos !== 1 || !acknowledge(messageId)) return;
        this.redeliveries.acknowledged(messageId);
        this.#metrics.acknowledged++;
      } catch (error) {
        this.#log(error);
      }
    })();
    this.#running.add(work);
    this.#bytes += payload.length;
    this.#metrics.running = this.#running.size;
    void work.then(() => {
      this.#running.delete(work);
      this.#bytes -= payload.length;
      this.#metrics.running = this.#running.size;
      this.#backpressure.changed();
    });
  }

  /** Accepts no more messages. Resolves when none is in progress, or after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await withTimeout(deadlineMs, Promise.all(this.#running));
  }

  #log(error: unknown): void {
    if (error instanceof Stopped) return;
    const { label, logger } = this.#options;
    const text = `${label}: a message could not be handled and was not acknowledged`;
    limited(logger).error(`MQTT message of ${label}`, { err: error }, text);
  }
}
