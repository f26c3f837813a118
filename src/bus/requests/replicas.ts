/**
 * Queries between the replicas of a driver. Each request goes to one replica. A query goes to all others, and the first
 * yes answers it.
 */
import type { Msg } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import type { BusConnection } from '../connection/connection.ts';
import { KeptSubscription } from '../connection/kept-subscription.ts';
import { hasNoResponders, isReplySubject, type Inbox } from './inbox.ts';
import { publishSubject } from '../subject.ts';

export interface ReplicasOptions {
  /** Subject of the queries, shared by the replicas of one driver only. */
  subject: string;
  /** Inbox for the answers. */
  replies: Inbox;
  logger: Logger;
  /** Delay before a refused subscription is tried again. Default 5 s. */
  resubscribeMs?: number | undefined;
}

/** Returns the answer to a query of another replica. */
export type ReplicaAnswer = (query: unknown) => boolean;

const yes = Buffer.from('yes');
const REFUSED =
  'The driver cannot receive queries of other replicas: the NATS server refused the subscription. Give its user the ' +
  'right to subscribe to this subject. The driver tries again every few seconds.';

export class ReplicaQueries {
  readonly #connection: BusConnection;
  readonly #options: ReplicasOptions;
  #answer: ReplicaAnswer = () => false;

  /** Throws if the subject is not valid. */
  constructor(connection: BusConnection, options: ReplicasOptions) {
    publishSubject(options.subject);
    this.#connection = connection;
    this.#options = options;
    // No queue group: every replica receives every query.
    const { subject, resubscribeMs, logger } = options;
    new KeptSubscription(connection, {
      ...{ subject, resubscribeMs },
      onMessage: (message) => {
        try {
          this.#receive(message);
        } catch (thrown) {
          const text = 'A query of another replica could not be answered';
          limited(logger).warn('bad query', { err: thrown, subject }, text);
        }
      },
      onRefused: (err) => {
        limited(logger).warn('control refused', { err, subject }, REFUSED);
      },
    });
  }

  /** Answers the queries of other replicas with `answer`. A no is not sent. */
  serve(answer: ReplicaAnswer): void {
    this.#answer = answer;
  }

  /** Queries all other replicas. Returns true on the first yes, false if none arrives within `withinMs`. */
  async query(query: object, withinMs: number): Promise<boolean> {
    const nc = this.#connection.nats;
    // Without a bus there are no replicas.
    if (nc === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const reply = this.#options.replies.open((message) => {
      resolve(!hasNoResponders(message));
    });
    const timer = setTimeout(() => {
      resolve(false);
    }, withinMs);
    try {
      nc.publish(this.#options.subject, JSON.stringify(query), { reply: reply.subject });
      return await promise;
    } finally {
      clearTimeout(timer);
      reply.close();
    }
  }

  #receive(message: Msg): void {
    const { reply = '', data } = message;
    const { replies, subject } = this.#options;
    // The process receives its own queries too. A message with another kind of reply subject is not from a replica and
    // gets no answer.
    if (reply.startsWith(`${replies.prefix}.`) || !isReplySubject(subject, reply)) return;
    const query = parsed(data);
    if (query !== undefined && this.#answer(query)) message.respond(yes);
  }
}

/** Undefined if it is not JSON, which no replica sends. */
function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}
