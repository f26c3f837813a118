/** The answer envelope, and the way an answer leaves the driver piece by piece. */
import { z } from 'zod';
import { errorCodeNames, type ErrorBody } from './errors.ts';

/** Version of this contract, as `version` reports it. */
export const CONTRACT_VERSION = 1;

export const answerStatuses = ['ok', 'partial', 'error'] as const;
export type AnswerStatus = (typeof answerStatuses)[number];

export const errorBodySchema = z.object({
  code: z.enum(errorCodeNames as [string, ...string[]]),
  message: z.string().describe('What is wrong, for a person'),
  retryable: z.boolean().describe('True when the same request may succeed later'),
  details: z.record(z.string(), z.unknown()).optional().describe('Facts for programs'),
});

/** Why a lease ended. */
export const leaseEnds = ['expired', 'cancelled', 'shutdown', 'callerGone'] as const;
export type LeaseEnd = (typeof leaseEnds)[number];

export const metaSchema = z.object({
  elapsedMs: z.number().describe('From the arrival of the request to its last message'),
  sourceMs: z.number().describe('Sum of the time of all calls to sources; larger than elapsedMs when they ran at once'),
  sourceRequests: z.number().int().describe('Calls to sources; repeated tries and log-ins count with their call'),
  hosts: z.array(z.string()).describe('Configured servers that were asked'),
  total: z.number().int().optional().describe('Number of hits at the sources, where they tell it'),
  cursor: z.string().optional().describe('Opaque; send it back to get the next page'),
  truncated: z.boolean().optional().describe('More exists than was asked for; see cursor'),
  intervalMs: z
    .number()
    .int()
    .optional()
    .describe(
      'Of a lease: how often its items are really read, on average; longer than asked for when the server cannot keep ' +
        'up. Absent as long as they have not been read twice, and while all of them fail',
    ),
  ended: z.enum(leaseEnds).optional().describe('Of a lease, in its last message: why it ended'),
});
export type AnswerMeta = z.infer<typeof metaSchema>;

export const answerSchema = z
  .object({
    id: z.union([z.string(), z.int()]).describe('As in the request'),
    function: z.string(),
    seq: z.number().int().min(0).describe('Counts the messages of one answer from 0'),
    last: z.boolean().describe('True in exactly one message, the final one'),
    status: z.enum(answerStatuses).describe('Counts in the last message; earlier ones say "ok"'),
    items: z.array(z.unknown()).describe('The receiver concatenates the items of all messages'),
    error: errorBodySchema.optional(),
    meta: metaSchema.optional().describe('In the last message; of a lease also in others, with its cursor so far'),
  })
  .describe('Message of an answer of the bus contract, version 1');
export type AnswerMessage = z.infer<typeof answerSchema>;

/** An item that failed: alone with `index` and `fqn`, or with `host` when a whole server failed in a search. */
export interface FailedItem {
  index?: number;
  fqn?: string;
  host?: string;
  error: ErrorBody;
}

/** One element of `items`; its shape belongs to the function. */
export type AnswerItem = object;

/** What a message that others follow may bring besides its items. */
export interface Interim {
  meta?: AnswerMeta;
  /** It only shows both sides that the other one is there; nothing of the answer is ready yet. */
  isSignOfLife?: boolean;
}

/** Told of the messages of an answer that others follow. */
export interface AnswerWatcher {
  /** One was handed to the bus. */
  sent: () => void;
  /** The bus says that nobody was there to receive one; never called when it cannot say so. */
  nobody: () => void;
}

export interface AnswerEnd {
  status: AnswerStatus;
  error?: ErrorBody;
  meta: AnswerMeta;
}

/** Names of an answer, known when its request has been read. */
export interface AnswerHead {
  /** As the request has it. */
  id: string | number;
  function: string;
  /** Overrides the subject that the request's message named. */
  replyTo?: string | undefined;
}

/**
 * Where an answer goes. The sink cuts the items into messages; whoever writes waits for `item`, which is how a slow
 * receiver slows the source down instead of filling memory.
 */
export interface AnswerSink {
  /** Takes one item; resolves when there is room for more. An item too large for a message is split or refused. */
  item(item: AnswerItem): Promise<void> | undefined;
  /**
   * Sends what has been taken so far, even if that is nothing: for answers that go on for a long time. Resolves when
   * there is room for more.
   */
  flush(interim: Interim): Promise<void> | undefined;
  /** From now on `watcher` is told of the messages that others follow. */
  watch(watcher: AnswerWatcher): void;
  /** Sends the last message. Called exactly once. */
  end(end: AnswerEnd): Promise<void>;
}

/** A request as it arrives from the bus, before anybody has read it. */
export interface IncomingRequest {
  readonly data: Uint8Array;
  /** False when the message names no subject to answer on, or one on which no answer may be sent. */
  readonly hasReply: boolean;
  /** The reply subject of the message, by which callers are told apart; empty when there is none. */
  readonly reply: string;
  /** Why the answer cannot go to a subject that the body names; undefined when it can. */
  replyProblem(replyTo: string): string | undefined;
  /** Opens the one answer of this request. A `replyTo` that is not allowed counts as none. */
  answer(head: AnswerHead): AnswerSink;
}
