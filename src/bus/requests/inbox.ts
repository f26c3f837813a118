/**
 * Subjects on which other clients or the server can reply to this process. They lie below the request topic, so that
 * the driver's user needs no right to an inbox.
 */
import { randomUUID } from 'node:crypto';
import type { Msg } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import type { BusConnection } from '../connection/connection.ts';
import { KeptSubscription } from '../connection/kept-subscription.ts';
import { publishSubject } from '../subject.ts';

/** A reply subject that receives messages until it is closed. */
export interface ReplySubject {
  readonly subject: string;
  close(): void;
}

export class Inbox {
  /** Common prefix of its subjects, unique to this process. */
  readonly prefix: string;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, (message: Msg) => void>();
  #count = 0;

  /**
   * @param below subject below which the process subscribes; throws if it is not valid
   * @param resubscribeMs delay before a refused subscription is tried again; default 5 s
   */
  constructor(connection: BusConnection, below: string, logger: Logger, resubscribeMs?: number) {
    this.prefix = newPrefix(below);
    this.#logger = logger;
    new KeptSubscription(connection, {
      ...{ subject: `${this.prefix}.*`, resubscribeMs },
      onMessage: (message) => {
        this.#deliver(message);
      },
      onRefused: (err) => {
        // Without this right no replies arrive. Every requester must handle a missing reply anyway.
        logger.debug(
          { err },
          'The NATS server does not allow the driver to receive replies; the driver tries again every few seconds',
        );
      },
    });
  }

  /** Opens a subject. `listener` receives its messages, on this connection and later ones. */
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

  /** Opens a subject for the reply subject of a message. `listener` is called if that message has no receiver. */
  openForNoResponders(listener: () => void): ReplySubject {
    return this.open((message) => {
      if (hasNoResponders(message)) listener();
    });
  }

  /** Must not throw into the client's reader. */
  #deliver(message: Msg): void {
    try {
      this.#listeners.get(message.subject.slice(this.prefix.length + 1))?.(message);
    } catch (error) {
      limited(this.#logger).error('reply', { err: error }, 'A reply could not be processed');
    }
  }
}

/** Unique to the process. Throws if `below` is not a valid subject. */
const newPrefix = (below: string): string => `${publishSubject(below)}.${randomUUID().replaceAll('-', '')}`;

/** A subject like those of an {@link Inbox}, for a process that needs one only. */
export const newReplySubject = (below: string): string => `${newPrefix(below)}.0`;

/** True if a subject belongs to an {@link Inbox} of any process below `below`. */
export function isReplySubject(below: string, subject: string): boolean {
  return subject.startsWith(`${below}.`) && /^[0-9a-f]{32}\.[0-9a-z]{1,16}$/.test(subject.slice(below.length + 1));
}

/** True for the server's reply to a message without a receiver. */
export function hasNoResponders({ headers, data }: Msg): boolean {
  return headers?.code === 503 && data.length === 0;
}
