/**
 * Subjects of this process on which others, or the server itself, can reply to what it sends. They lie below the
 * request topic, so that a driver's user needs no right to an inbox.
 */
import { randomUUID } from 'node:crypto';
import type { Msg } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import type { BusConnection } from '../connection/connection.ts';
import { KeptSubscription } from '../connection/kept-subscription.ts';
import { publishSubject } from '../subject.ts';

/** A subject that is listened to until it is closed. */
export interface ReplySubject {
  readonly subject: string;
  close(): void;
}

export class Inbox {
  /** First part of all its subjects; of no other process. */
  readonly prefix: string;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, (message: Msg) => void>();
  #count = 0;

  /**
   * @param below subject below which the process listens; throws when it is not valid
   * @param resubscribeMs between two tries of a subscription that the server refuses; default 5 s
   */
  constructor(connection: BusConnection, below: string, logger: Logger, resubscribeMs?: number) {
    this.prefix = `${publishSubject(below)}.${randomUUID().replaceAll('-', '')}`;
    this.#logger = logger;
    new KeptSubscription(connection, {
      ...{ subject: `${this.prefix}.*`, resubscribeMs },
      onMessage: (message) => {
        this.#take(message);
      },
      onRefused: (err) => {
        // Without this right replies are missed, which everybody who waits for one must live with anyway.
        logger.debug({ err }, 'Replies to the driver are not allowed for this user; it is tried again');
      },
    });
  }

  /** Opens a subject; `listener` gets what arrives on it, on this connection and later ones. */
  open(listener: (message: Msg) => void): ReplySubject {
    const token = (++this.#count).toString(36);
    this.#listeners.set(token, listener);
    return {
      subject: `${this.prefix}.${token}`,
      close: () => {
        this.#listeners.delete(token);
      },
    };
  }

  /** Nothing may be thrown into the client's reader. */
  #take(message: Msg): void {
    try {
      this.#listeners.get(message.subject.slice(this.prefix.length + 1))?.(message);
    } catch (error) {
      limited(this.#logger).error('reply', { err: error }, 'A reply could not be worked on');
    }
  }
}

/** Whether a subject is one of a {@link Inbox} of any process below `below`. */
export function isReplySubject(below: string, subject: string): boolean {
  return subject.startsWith(`${below}.`) && /^[0-9a-f]{32}\.[0-9a-z]{1,16}$/.test(subject.slice(below.length + 1));
}

/** True for the server's own reply to a message that nobody was there to receive. */
export function hasNoResponders({ headers, data }: Msg): boolean {
  return headers?.code === 503 && data.length === 0;
}
