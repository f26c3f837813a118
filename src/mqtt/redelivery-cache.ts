/**
 * When messages arrived at first. A broker that saw no acknowledgement delivers a message again; where the time of
 * arrival stands for that of measurement, only the first one makes the repetition recognizable.
 */
import { createHash } from 'node:crypto';
import type { Nanoseconds } from '../contract/instant.ts';

/** A delivery of quality of service 1. */
export interface Delivered {
  readonly messageId: number;
  /** The broker says that it delivers it again. */
  readonly dup: boolean;
  readonly topic: string;
  readonly payload: Uint8Array;
}

interface Arrival {
  readonly digest: string;
  readonly received: Nanoseconds;
  /** Which acknowledgement it had; undefined if none was sent. */
  acknowledgement: number | undefined;
}

/** One entry for each packet id in use, so at most 65,535. */
export class RedeliveryCache {
  readonly #arrivals = new Map<number, Arrival>();
  #acknowledgements = 0;
  /** How many acknowledgements had been sent before each ping that is not answered yet. */
  #pings: number[] = [];

  /**
   * Notes a delivery; tells when the message arrived at first. An id whose message was not acknowledged still belongs to
   * that message; one that was acknowledged may belong to another by now, so there the broker has to say that it repeats.
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

  /** The acknowledgement was sent; whether it arrives is not known yet. */
  acknowledged(messageId: number): void {
    const arrival = this.#arrivals.get(messageId);
    if (arrival !== undefined) arrival.acknowledgement = ++this.#acknowledgements;
  }

  /** A ping follows the acknowledgements so far. */
  pinged(): void {
    this.#pings.push(this.#acknowledgements);
  }

  /** The oldest ping was answered, so the broker has the acknowledgements before it and will not repeat their messages. */
  answered(): void {
    const arrived = this.#pings.shift();
    if (arrived === undefined) return;
    for (const [messageId, { acknowledgement }] of this.#arrivals) {
      if (acknowledgement !== undefined && acknowledgement <= arrived) this.#arrivals.delete(messageId);
    }
  }

  /** A new connection: pings of the former one will not be answered. Without its session, nothing will be repeated. */
  reconnected(sessionPresent: boolean): void {
    this.#pings = [];
    if (!sessionPresent) this.#arrivals.clear();
  }
}

function digestOf({ topic, payload }: Delivered): string {
  return createHash('sha256').update(topic).update('\0').update(payload).digest('base64url').slice(0, 22);
}
