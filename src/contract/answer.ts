/** The answer envelope, and the interface for streaming an answer. */
import { z } from 'zod';
import type { TraceHeaders } from '../lib/traced-work.ts';
import { errorCodeNames, type ErrorBody } from './errors.ts';

/** Version of this contract, which `version` returns. */
export const CONTRACT_VERSION = 1;

export const answerStatuses = ['ok', 'partial', 'error'] as const;
export type AnswerStatus = (typeof answerStatuses)[number];

export const errorBodySchema = z.object({
  code: z.enum(errorCodeNames as [string, ...string[]]),
  message: z.string().describe('What is wrong, in words'),
  retryable: z.boolean().describe('True when the same request may succeed later'),
  details: z.record(z.string(), z.unknown()).optional().describe('Facts for programs'),
});

/** Why a lease ended. */
export const leaseEnds = ['expired', 'cancelled', 'shutdown', 'callerGone'] as const;
export type LeaseEnd = (typeof leaseEnds)[number];

export const metaSchema = z.object({
  elapsedMs: z.number().describe('From the arrival of the request to its last message'),
  sourceMs: z.number().describe('Sum of the time of all calls to sources; larger than elapsedMs if they ran at once'),
  sourceRequests: z
    .number()
    .int()
    .describe('Calls to sources; repeated attempts and log-ins count as part of their call'),
  hosts: z.array(z.string()).describe('Configured servers that were used'),
  total: z.number().int().optional().describe('Number of hits at the sources, if they report it'),
  cursor: z.string().optional().describe('Opaque; send it back to get the next page'),
  truncated: z.boolean().optional().describe('More items exist; see cursor'),
  intervalMs: z
    .number()
    .int()
    .optional()
    .describe(
      'Of a lease: actual interval of the reads, on average; longer than requested if the server cannot keep up. Absent ' +
        'until the items have been read twice, and while all of them fail',
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
    status: z.enum(answerStatuses).describe('Valid in the last message; earlier messages have "ok"'),
    items: z.array(z.unknown()).describe('The receiver concatenates the items of all messages'),
    error: errorBodySchema.optional(),
    meta: metaSchema.optional().describe('In the last message; of a lease also in others, with its cursor so far'),
  })
  .describe('Message of an answer of the bus contract, version 1');
export type AnswerMessage = z.infer<typeof answerSchema>;

/** An item that failed: with `index` and `fqn` only, or with `host` if a whole server failed in a search. */
export interface FailedItem {
  index?: number;
  fqn?: string;
  host?: string;
  error: ErrorBody;
}

/** One element of `items`. The function defines its shape. */
export type AnswerItem = object;

/** Additional members of a message that is not the last. */
export interface Interim {
  meta?: AnswerMeta;
  /** A keepalive: no part of the answer is ready yet. */
  isKeepalive?: boolean;
}

/** Observes the messages of an answer before the final one. */
export interface AnswerWatcher {
  /** A message was handed to the bus. */
  sent: () => void;
  /** The bus reports that there is no receiver. Never called if the bus cannot report it. */
  noReceiver: () => void;
}

export interface AnswerEnd {
  status: AnswerStatus;
  error?: ErrorBody;
  meta: AnswerMeta;
}

/** Addressing of an answer, known when its request has been parsed. */
export interface AnswerHead {
  /** As in the request. */
  id: string | number;
  function: string;
  /** Overrides the reply subject of the request message. */
  replyTo?: string | undefined;
  /** Headers of the messages, where the request is traced. */
  trace?: TraceHeaders | undefined;
}

/**
 * The destination of an answer. The sink splits the items into messages. The writer awaits `item`, so that a slow
 * receiver slows the source down instead of filling memory.
 */
export interface AnswerSink {
  /** Adds one item. Resolves when there is room for more. An item too large for a message is split or rejected. */
  item(item: AnswerItem): Promise<void> | undefined;
  /** Sends the items so far, even if there are none: for long-running answers. Resolves when there is room for more. */
  flush(interim: Interim): Promise<void> | undefined;
  /** From now on `watcher` observes the messages before the final one. */
  watch(watcher: AnswerWatcher): void;
  /** Sends the last message. Called exactly once. Resolves when it is sent or lost. */
  end(end: AnswerEnd): Promise<unknown>;
  /** Bytes of the messages that were handed to the bus so far. Absent if they are not counted. */
  readonly sentBytes?: number;
}

/** A request as it arrives from the bus, before it is parsed. */
export interface IncomingRequest {
  readonly data: Uint8Array;
  /** False if the message has no reply subject, or one that is not allowed. */
  readonly hasReply: boolean;
  /** The reply subject of the message, which identifies the caller. Empty if there is none. */
  readonly reply: string;
  /** W3C Trace Context in the headers of the message, not validated. */
  readonly trace?: TraceHeaders | undefined;
  /** Why the answer cannot be sent to a subject in the body. Undefined if it can. */
  replyProblem(replyTo: string): string | undefined;
  /** Opens the only answer of this request. A `replyTo` that is not allowed is ignored. */
  answer(head: AnswerHead): AnswerSink;
}
