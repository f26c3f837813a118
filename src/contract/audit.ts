/**
 * The audit trail: who asked for what, when, and with which result. A record never contains a value, a search text or
 * another parameter, except the FQNs of items.
 */
import { z } from 'zod';
import { answerStatuses } from './answer.ts';
import { errorCodeNames } from './errors.ts';
import { telemetryHead } from './telemetry-parts.ts';

const count = z.number().int().min(0);
const milliseconds = z.number().min(0);

/** Texts of a caller are cut to this length. Its ids and user names are not longer. */
export const LONGEST_AUDIT_TEXT = 256;
/** Servers that a record names. */
export const MOST_AUDIT_HOSTS = 50;

export const auditEvents = ['start', 'stop', 'reload', 'lease', 'request'] as const;
export type AuditEvent = (typeof auditEvents)[number];

export const auditedRequest = z.strictObject({
  function: z.string().describe('As in the request; may be unknown to the driver'),
  id: z.string().describe('As in the request, as a text; otherwise the one that the driver has given it'),
  caller: z
    .string()
    .describe(
      'Beginning of the reply subject, which is the same for all requests of a connection; a claim of the caller as far as its inbox permissions allow it to choose. Empty without a valid reply subject',
    ),
  user: z.string().optional().describe('"user.name" of the request; a claim of the caller'),
  hosts: z.array(z.string()).optional().describe(`Servers as in the request, at most ${MOST_AUDIT_HOSTS}`),
  items: count.describe('Number of items in the request'),
  names: z
    .array(z.string())
    .describe('The first of them, as many as configured; only valid FQNs, since another text could be anything'),
  bytes: count.describe('Size of the request'),
});
export type AuditedRequest = z.infer<typeof auditedRequest>;

export const auditedResult = z.strictObject({
  status: z.enum([...answerStatuses, 'unanswered']).describe('unanswered: it had no valid reply subject'),
  code: z
    .enum(errorCodeNames as [string, ...string[]])
    .optional()
    .describe('Error code, where the status is error'),
  elapsedMs: milliseconds.describe('From the arrival of the request to the end of its answer'),
  sourceMs: milliseconds,
  sourceRequests: count,
  hosts: z.array(z.string()).describe('Configured servers that were used'),
  items: count.describe('Number of items in the answer'),
  bytes: count.describe('Size of all messages of the answer, as sent'),
});
export type AuditedResult = z.infer<typeof auditedResult>;

export const auditSchema = z.strictObject({
  kind: z.literal('audit'),
  ...telemetryHead.shape,
  seq: count.describe('Number of the record of this process, from 1; a missing number is a lost record'),
  event: z
    .enum(auditEvents)
    .describe(
      'request: a request has ended; lease: a request for a lease has arrived, which may run for long; start, stop: of the driver; reload: secrets, certificates and the key were read again',
    ),
  detail: z.string().optional().describe('Of start, stop and reload: the reason or the result'),
  request: auditedRequest.optional().describe('Of lease and request'),
  result: auditedResult.optional().describe('Of request'),
});
export type AuditRecord = z.infer<typeof auditSchema>;

/** Where records go. No method throws, waits or fails. */
export interface AuditTrail {
  /** Most items of a request that a record names. */
  readonly names: number;
  lease(request: AuditedRequest): void;
  request(request: AuditedRequest, result: AuditedResult): void;
  process(event: 'start' | 'stop' | 'reload', detail: string): void;
}
