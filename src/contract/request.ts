/** The request envelope: the members that all functions share. */
import { z } from 'zod';
import { DriverError } from './errors.ts';
import { tooComplex } from './json-structure.ts';
import { asSentence } from '../lib/wording/phrases.ts';
import { jsonMistake } from '../lib/json.ts';
import { kindOf } from '../lib/wording/shown-value.ts';
import { explainInvalid } from './problems.ts';
import { validate } from './validation.ts';

const LONGEST_SUBJECT_BYTES = 1024;

/**
 * A subject to publish on: no wildcards, spaces or control characters, no empty token, no NATS system subject (`$`).
 */
export const replySubject = z
  .string()
  .max(LONGEST_SUBJECT_BYTES)
  .regex(/^(?!\$)[^\s.*>\p{Cc}\p{Cs}]+(?:\.(?!\$)[^\s.*>\p{Cc}\p{Cs}]+)*$/u, {
    error: 'must be a NATS subject without wildcards, spaces or empty tokens, and no token may start with "$"',
  })
  .refine((subject) => Buffer.byteLength(subject) <= LONGEST_SUBJECT_BYTES, {
    error: `must not be longer than ${LONGEST_SUBJECT_BYTES} bytes`,
  });

/** A correlation id: printable text. */
export const correlationId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}]*$/u, { error: 'must not hold control characters' });

/** A request id. A whole number is accepted too, since many callers count their requests. The answer repeats it. */
export const requestId = z
  .union([correlationId, z.number().meta({ type: 'integer' })])
  .refine((id) => typeof id === 'string' || Number.isSafeInteger(id), {
    error: 'must be a text or a whole number below 2^53; write another number as a text',
  });
export type RequestId = z.infer<typeof requestId>;

/** A configured name has at most 64 characters. A longer one is answered with `unknownHost`, not rejected here. */
const hostName = z.string().min(1).max(1024);

export const requestSchema = z
  .strictObject({
    function: z.string().min(1).max(64).describe('Name of the function; "functions" lists them'),
    id: requestId
      .optional()
      .describe('Correlation id, repeated unchanged in every answer; created by the driver if absent'),
    host: z
      .union([hostName, z.array(hostName).min(1).max(1000)])
      .optional()
      .describe('Name(s) of configured servers; searches without it use all that support them'),
    params: z.record(z.string(), z.unknown()).optional().describe('The parameters of the function'),
    timeoutMs: z.number().int().min(1).optional().describe('Time budget of the whole request in milliseconds'),
    keepAlive: z
      .boolean()
      .optional()
      .describe(
        'The caller accepts messages without items while it waits: one after each 5 s without a message, so that each side ' +
          'detects when the other is gone',
      ),
    replyTo: replySubject.optional().describe('Subject for the answers, in place of the NATS reply subject'),
    user: z
      .object({ name: z.string().max(256).optional(), groups: z.array(z.string().max(256)).max(1000).optional() })
      .optional()
      .describe('The user who made the request; written to the log, has no effect on access'),
  })
  .describe('Request of the bus contract, version 1');

export type Request = z.infer<typeof requestSchema>;

/** The readable part of a request: enough to answer it, even if it is invalid. */
export type ParsedRequest =
  | { ok: true; request: Request }
  | { ok: false; id: RequestId | undefined; function: string; replyTo: string | undefined; error: DriverError };

/** A strict decoder: bytes that are not UTF-8 are an error instead of replacement characters in a tag name. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a request from the bytes of a message. Never throws: an invalid request keeps its id, function and reply
 * subject as far as they are valid, so that its sender gets the error.
 */
export function parseRequest(data: Uint8Array): ParsedRequest {
  const complex = tooComplex(data);
  if (complex !== undefined) return unreadable(undefined, `The request is not valid: ${complex}.`);
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(data));
  } catch (cause) {
    return unreadable(undefined, whyNotJson(data, cause), cause);
  }
  const result = validate(requestSchema, json);
  if (result.ok) return { ok: true, request: result.data };
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return unreadable(undefined, asSentence(`The request must be a JSON object, not ${kindOf(json)}`));
  }
  const { text, details } = explainInvalid(result, 'The request', { noun: 'field', elsewhere });
  return unreadable(json, text, undefined, { ...details });
}

/** The usual cause is a parameter beside "params". */
const elsewhere = (path: readonly PropertyKey[]): string | undefined =>
  path.length === 1 ? 'the parameters of a function belong into "params"' : undefined;

function unreadable(
  json: object | undefined,
  message: string,
  cause?: unknown,
  details?: Record<string, unknown>,
): ParsedRequest {
  const known = (json ?? {}) as Record<string, unknown>;
  const id = requestId.safeParse(known.id);
  const replyTo = replySubject.safeParse(known.replyTo);
  const name = known.function;
  return {
    ok: false,
    id: id.success ? id.data : undefined,
    function: typeof name === 'string' ? name.slice(0, 64) : '',
    replyTo: replyTo.success ? replyTo.data : undefined,
    error: new DriverError('badRequest', message, { cause, ...(details ? { details } : {}) }),
  };
}

function whyNotJson(data: Uint8Array, cause: unknown): string {
  if (data.byteLength === 0) return 'The request is empty; it must be a JSON object with "function".';
  if (cause instanceof SyntaxError) return `The request is not JSON: ${jsonMistake(utf8.decode(data))}.`;
  return 'The request is not UTF-8 text; it must be a JSON object in UTF-8.';
}
