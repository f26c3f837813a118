/** Failures between the driver and a server over HTTP, with the error codes of the bus contract. */
import { DriverError, type ErrorCode } from '../contract/errors.ts';
import { UnexpectedJson } from './json-fields.ts';
import { networkError } from './network-errors.ts';
import { CallTimeout } from './exchange.ts';
import { isPassingStatus } from './availability/retry.ts';
import { OversizedReply, UnreadableResponse } from './unreadable-response.ts';

/** An answer other than 2xx. */
export interface RefusedReply {
  readonly status: number;
  /** Parsed body, or its text. */
  readonly body: unknown;
  /** `Retry-After`, if the server (or a proxy before it) sent one. */
  readonly retryAfterMs: number | undefined;
}

/** Converts a server's text to one line of limited length without secrets. Empty if that is not possible. */
export type Conceal = (text: string, longest?: number) => string;

/** The connection to the server failed: its state is "down". */
export class Unreachable extends DriverError {}

/** A login was not answered in time. A retry may succeed. */
export class SilentLogin extends DriverError {}

/**
 * True if the connection broke during the call, for example because the server closed a kept connection at that moment.
 */
export function isBrokenConnection(error: DriverError): boolean {
  return error.code === 'sourceUnavailable' && (networkError(error)?.broken ?? false);
}

/** True if the same call may succeed a moment later. */
export function isPassing(error: DriverError): boolean {
  if (error instanceof SilentLogin || isPassingStatus(error.details?.status) || isBrokenConnection(error)) return true;
  return error.cause instanceof UnreadableResponse && error.cause.passing;
}

/** True if an answer was larger than the driver accepts. */
export const isOversized = (error: unknown): boolean => error instanceof Error && error.cause instanceof OversizedReply;

/**
 * Converts any error thrown by a call to an error of the contract.
 * @param label name of the server in errors: `Server "plant"`
 * @param signal signal of the call; distinguishes a cancelled call from a broken one
 * @param conceal removes secrets from the server's text
 */
export function fromThrown(thrown: unknown, label: string, signal?: AbortSignal, conceal?: Conceal): DriverError {
  if (signal?.aborted && signal.reason instanceof DriverError) return signal.reason;
  if (thrown instanceof DriverError) return thrown;
  if (thrown instanceof UnreadableResponse || thrown instanceof UnexpectedJson) {
    return unreadable(conceal === undefined ? thrown : concealed(thrown, conceal), label);
  }
  if (thrown instanceof CallTimeout) {
    return new DriverError('timeout', `${label} stopped answering within the time of one call.`, { cause: thrown });
  }
  const failure = networkError(thrown);
  if (failure !== undefined) {
    // A connection that broke during a call does not predict the next call, so it does not count as "down".
    const Kind = failure.broken ? DriverError : Unreachable;
    return new Kind('sourceUnavailable', `${label} cannot be reached: ${failure.advice}`, { cause: thrown });
  }
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return new DriverError('timeout', `${label} does not answer in time.`, { cause: thrown });
  }
  return new DriverError('internal', `${label}: a call failed unexpectedly; see the log of the driver.`, {
    cause: thrown,
  });
}

/**
 * Converts an answer other than 2xx to an error of the contract.
 * @param text the server's explanation, without secrets; empty if none
 * @param meaning for a status that this server uses differently from others
 */
export function refusal(
  { status, retryAfterMs }: RefusedReply,
  label: string,
  text: string,
  meaning: Meaning = usualMeaning(status),
): DriverError {
  const [code, lead] = meaning;
  const message = `${label} ${lead}${text === '' ? '' : `: ${text}`}`;
  return new DriverError(code, ended(message), {
    details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    // A conflict is a known temporary fault of the server.
    ...(status === 409 ? { retryable: true } : {}),
  });
}

/** The code of a refusal, and the text after the server's name. */
export type Meaning = readonly [code: ErrorCode, lead: string];

function usualMeaning(status: number): Meaning {
  if (status === 401) return ['unauthorized', "did not accept the driver's log-in"];
  if (status === 403) return ['forbidden', "gives the driver's user no access to this"];
  if (status === 404) return ['notFound', 'does not know this'];
  if (status === 429) return ['overloaded', 'has too much to do'];
  if (status === 502 || status === 503 || status === 504) return ['sourceUnavailable', `is not available (${status})`];
  if (status >= 300 && status < 400) return ['sourceError', `redirects elsewhere (${status}); correct its "url"`];
  return ['sourceError', `refused the call (${status})`];
}

function unreadable(cause: UnreadableResponse | UnexpectedJson, label: string): DriverError {
  const why = cause instanceof UnexpectedJson ? `its answer cannot be used: ${cause.message}` : cause.message;
  return new DriverError('sourceError', ended(`${label}: ${why}`), { cause });
}

/** The same error without secrets in the server's text. */
function concealed(thrown: UnreadableResponse | UnexpectedJson, conceal: Conceal): UnreadableResponse | UnexpectedJson {
  const isReply = thrown instanceof UnreadableResponse;
  // The quoted parts are the server's text, such as a media type. The rest of the message is the driver's.
  const own = isReply ? thrown.message.replace(/"[^"]*"/g, 'something else') : 'it is not what the API promises';
  const why = conceal(thrown.message) || own;
  if (why === thrown.message) return thrown;
  // Without its cause, which contains the original text.
  return isReply ? new UnreadableResponse(why, { passing: thrown.passing }) : new UnexpectedJson(why);
}

const ended = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);
