/** What can go wrong between the driver and a server over HTTP, in the words of the bus contract. */
import { DriverError, type ErrorCode } from '../contract/errors.ts';
import { UnexpectedJson } from './json-fields.ts';
import { networkError } from './network-errors.ts';
import { CallTimeout } from './exchange.ts';
import { isPassingStatus } from './retry.ts';
import { OversizedReply, UnreadableResponse } from './unreadable-response.ts';

/** An answer other than 2xx. */
export interface RefusedReply {
  readonly status: number;
  /** Parsed body, or its text. */
  readonly body: unknown;
  /** `Retry-After`, if the server (or a proxy before it) sent one. */
  readonly retryAfterMs: number | undefined;
}

/** Makes a text of the server one line of bounded length without secrets; empty where that is not possible. */
export type Conceal = (text: string, longest?: number) => string;

/** No connection to the server could be made: the state "down" follows from it. */
export class Unreachable extends DriverError {}

/** A log-in was not answered in time; another one may be. */
export class SilentLogin extends DriverError {}

/** Whether the connection broke in the middle, as one does that the server closed just when it was used. */
export function isBrokenConnection(error: DriverError): boolean {
  return error.code === 'sourceUnavailable' && (networkError(error)?.broken ?? false);
}

/** Whether the same call may be answered well a moment later. */
export function isPassing(error: DriverError): boolean {
  if (error instanceof SilentLogin || isPassingStatus(error.details?.status) || isBrokenConnection(error)) return true;
  return error.cause instanceof UnreadableResponse && error.cause.passing;
}

/** Whether an answer was larger than the driver accepts. */
export const isOversized = (error: unknown): boolean => error instanceof Error && error.cause instanceof OversizedReply;

/**
 * Any error thrown by a call, as an error of the contract.
 * @param label how the error names the server: `Server "plant"`
 * @param signal of the call; tells a cancelled call from a broken one
 * @param conceal cleans what the server wrote
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
    // A connection that broke in the middle says nothing about the next call, so it does not count as "down".
    const Kind = failure.broken ? DriverError : Unreachable;
    return new Kind('sourceUnavailable', `${label} cannot be reached: ${failure.advice}`, { cause: thrown });
  }
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return new DriverError('timeout', `${label} does not answer in time.`, { cause: thrown });
  }
  return new DriverError('internal', `${label}: a call failed unexpectedly; the driver's log tells more.`, {
    cause: thrown,
  });
}

/**
 * An answer other than 2xx, as an error of the contract.
 * @param text what the server says about it, fit for an answer; empty if nothing
 * @param meaning where the server means something else by a status than others do
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
    // A conflict is a known, passing fault of the server.
    ...(status === 409 ? { retryable: true } : {}),
  });
}

/** The code of a refusal, and what follows the name of the server in its text. */
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

/** The same without secrets in what the server wrote. */
function concealed(thrown: UnreadableResponse | UnexpectedJson, conceal: Conceal): UnreadableResponse | UnexpectedJson {
  const isReply = thrown instanceof UnreadableResponse;
  // What stands in quotes is the server's, such as a media type; all else of an unreadable answer is ours.
  const own = isReply ? thrown.message.replace(/"[^"]*"/g, 'something else') : 'it is not what the API promises';
  const why = conceal(thrown.message) || own;
  if (why === thrown.message) return thrown;
  // Without its cause, which has the text as it was.
  return isReply ? new UnreadableResponse(why, { passing: thrown.passing }) : new UnexpectedJson(why);
}

const ended = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);
