/**
 * Queries between the replicas of a driver. Each request goes to one replica. A query goes to all others: the first yes
 * answers a question, and every replica answers when it is asked to describe itself, or for its health.
 */
import type { Msg } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { sleep } from '../../lib/clock.ts';
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

/** Returns what other replicas may know of this one. Undefined if it does not describe itself yet. */
export type ReplicaDescription = () => object | undefined;

const yes = Buffer.from('yes');
const DESCRIBE = { describe: true } as const;
/** Asked by the command `check`, a process of the same user: see `askHealth`. */
export const ASK_HEALTH = { health: true } as const;
/** Descriptions that are read, and bytes of one. */
const MOST_REPLICAS = 100;
const MOST_DESCRIPTION_BYTES = 16_384;
const REFUSED =
  'The driver cannot receive queries of other replicas: the NATS server refused the subscription. Give its user the ' +
  'right to subscribe to this subject. The driver tries again every few seconds.';

export class ReplicaQueries {
  readonly #connection: BusConnection;
  readonly #options: ReplicasOptions;
  #answer: ReplicaAnswer = () => false;
  #description: ReplicaDescription = () => undefined;
  #health: ReplicaDescription = () => undefined;

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

  /** Answers other replicas that ask for a description of this one. */
  serveDescription(description: ReplicaDescription): void {
    this.#description = description;
  }

  /** Answers processes of this user that ask for the health of this replica. */
  serveHealth(health: ReplicaDescription): void {
    this.#health = health;
  }

  /**
   * The descriptions of all other replicas that answer within `withinMs`: parsed JSON, not checked further. Undefined if
   * there is no bus.
   */
  async descriptions(withinMs: number): Promise<unknown[] | undefined> {
    const nc = this.#connection.nats;
    if (nc === undefined) return undefined;
    const found: unknown[] = [];
    const reply = this.#options.replies.open((message) => {
      if (hasNoResponders(message) || message.data.length > MOST_DESCRIPTION_BYTES) return;
      if (found.length < MOST_REPLICAS) found.push(parsed(message.data));
    });
    try {
      nc.publish(this.#options.subject, JSON.stringify(DESCRIBE), { reply: reply.subject });
      await sleep(withinMs);
      return found;
    } catch {
      // The connection is just ending.
      return undefined;
    } finally {
      reply.close();
    }
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
    if (asksFor('describe', query)) this.#respond(message, this.#description());
    else if (asksFor('health', query)) this.#respond(message, this.#health());
    else if (query !== undefined && this.#answer(query)) message.respond(yes);
  }

  /** An answer that does not fit into a message is not sent: the process that asks must handle a missing one anyway. */
  #respond(message: Msg, answer: object | undefined): void {
    if (answer === undefined) return;
    const body = Buffer.from(JSON.stringify(answer));
    if (body.length <= (this.#connection.nats?.info?.max_payload ?? 0)) message.respond(body);
  }
}

const asksFor = (what: 'describe' | 'health', query: unknown): boolean =>
  typeof query === 'object' && query !== null && (query as Record<string, unknown>)[what] === true;

/** Undefined if it is not JSON, which no replica sends. */
function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}
