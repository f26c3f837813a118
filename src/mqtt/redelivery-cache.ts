/**
 * First arrival times of messages. A broker that received no acknowledgement delivers a message again. Where the
 * arrival time serves as the timestamp, only the first one identifies the repeat.
 */
import { createHash } from 'node:crypto';
import type { Nanoseconds } from '../contract/time/instant.ts';

/** A delivery of QoS 1. */
export interface Delivered {
  readonly messageId: number;
  /** The broker marks it as a redelivery. */
  readonly dup: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

interface Arrival {
  readonly digest: string;
  readonly received: Nanoseconds;
  /** Sequence of its acknowledgement. Undefined if none was sent. */
  acknowledgement: number | undefined;
}

/** One entry for each packet id in use, so at most 65,535. */
export class RedeliveryCache {
  readonly #arrivals = new Map<number, Arrival>();
  #acknowledgements = 0;
  /** Number of acknowledgements sent before each unanswered ping. */
  #pings: number[] = [];

  /**
   * Records a delivery and returns its first arrival time. An id whose message was not acknowledged still belongs to
   * that message. After an acknowledgement the id may belong to another message, so the broker must mark a repeat.
   */
  note(delivered: Delivered, now: Nanoseconds): { received: Nanoseconds; again: boolean } {
    const { messageId, dup } = delivered;
    const digest = digestOf(delivered);
    const known = this.#arrivals.get(messageId);
    const again = known?.digest === digest && (dup || known.acknowledgement === undefined);
    const received = again ? known.received : now;
    this.#arrivals.set(messageId, { digest, received, acknowledgement: undefined });
    return { received, again };
  }

  /** The acknowledgement was sent. Its arrival is not confirmed yet. */
  acknowledged(messageId: number): void {
    const arrival = this.#arrivals.get(messageId);
    if (arrival !== undefined) arrival.acknowledgement = ++this.#acknowledgements;
  }

  /** A ping was sent after the acknowledgements so far. */
  pinged(): void {
    this.#pings.push(this.#acknowledgements);
  }

  /** The oldest ping was answered: the broker has the acknowledgements before it and does not repeat their messages. */
  answered(): void {
    const arrived = this.#pings.shift();
    if (arrived === undefined) return;
    for (const [messageId, { acknowledgement }] of this.#arrivals) {
      if (acknowledgement !== undefined && acknowledgement <= arrived) this.#arrivals.delete(messageId);
    }
  }

  /** A new connection: pings of the former one are not answered. Without its session, nothing is redelivered. */
  reconnected(sessionPresent: boolean): void {
    this.#pings = [];
    if (!sessionPresent) this.#arrivals.clear();
  }
}

function digestOf({ topic, payload }: Delivered): string {
  return createHash('sha256').update(topic).update('\0').update(payload).digest('base64url').slice(0, 22);
}
