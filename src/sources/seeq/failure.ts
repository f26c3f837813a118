/** What can go wrong between the driver and a Seeq server, in the words of the bus contract. */
import { DriverError, type ErrorCode } from '../../contract/errors.ts';
import { CallTimeout } from '../http/exchange.ts';
import { isPassingStatus } from '../http/retry.ts';
import { networkFailure } from '../network-failure.ts';
import { UnexpectedJson } from '../json.ts';
import { UnreadableReply } from './reply.ts';

/** An answer other than 2xx. */
export interface RefusedReply {
  status: number;
  /** Parsed body, or its text. */
  body: unknown;
  /** `Retry-After`, if the server (or a proxy before it) sent one. */
  retryAfterMs: number | undefined;
}

/** No connection to the server could be made: the state "down" follows from it. */
export class Unreachable extends DriverError {}

/** A log-in was not answered in time; another one may be. */
export class SilentLogin extends DriverError {}

/** Whether the connection broke in the middle, as one does that the server closed just when it was used. */
export function isBrokenConnection(error: DriverError): boolean {
  return error.code === 'sourceUnavailable' && (networkFailure(error)?.broken ?? false);
}

/** Whether the same call may be answered well a moment later. */
export function isPassing(error: DriverError): boolean {
  if (error instanceof SilentLogin || isPassingStatus(error.details?.status) || isBrokenConnection(error)) return true;
  return error.cause instanceof UnreadableReply && error.cause.passing;
}

/** Any error thrown by a call, as an error of the contract. `signal` tells a cancelled call from a broken one. */
export function fromThrown(thrown: unknown, server: string, signal?: AbortSignal): DriverError {
  if (signal?.aborted && signal.reason instanceof DriverError) return signal.reason;
  if (thrown instanceof DriverError) return thrown;
  if (thrown instanceof UnreadableReply) return unreadable(thrown.message, server, thrown);
  if (thrown instanceof UnexpectedJson) {
    return unreadable(`its answer cannot be used: ${thrown.message}`, server, thrown);
  }
  if (thrown instanceof CallTimeout) {
    return new DriverError('timeout', `Server "${server}" stopped answering within the time of one call.`, {
      cause: thrown,
    });
  }
  if (thrown instanceof SyntaxError) return unreadable('it answered with broken JSON', server, thrown);
  const failure = networkFailure(thrown);
  if (failure !== undefined) {
    const message = `Server "${server}" cannot be reached: ${failure.advice}`;
    // A connection that broke in the middle says nothing about the next call, so it does not count as "down".
    const Kind = failure.broken ? DriverError : Unreachable;
    return new Kind('sourceUnavailable', message, { cause: thrown });
  }
  return new DriverError('internal', `A call to server "${server}" failed unexpectedly; the driver's log tells more.`, {
    cause: thrown,
  });
}

/**
 * An answer other than 2xx, as an error of the contract; the server's own text is passed on.
 * @param conceal makes that text one line of bounded length without secrets
 */
export function fromRefusal(
  reply: RefusedReply,
  server: string,
  conceal: (text: string, longest: number) => string,
): DriverError {
  const text = conceal(seeqText(reply.body), LONGEST_TEXT);
  const [code, lead] = meaning(reply.status);
  const retryAfter = reply.retryAfterMs === undefined ? {} : { retryAfterMs: reply.retryAfterMs };
  return new DriverError(code, `Server "${server}" ${lead}${text === '' ? '' : `: ${text}`}.`.replace(/\.\.$/, '.'), {
    details: { status: reply.status, ...retryAfter },
    // A conflict is a known, passing fault of the server.
    ...(reply.status === 409 ? { retryable: true } : {}),
  });
}

/** Of the server's own text, so that a page of it does not fill an answer. */
const LONGEST_TEXT = 2000;

function meaning(status: number): [ErrorCode, string] {
  if (status === 401) return ['unauthorized', "did not accept the driver's log-in"];
  if (status === 403) return ['forbidden', "gives the driver's user no access to this"];
  if (status === 404) return ['notFound', 'does not know this item'];
  if (status === 429) return ['overloaded', 'has too much to do'];
  if (status === 502 || status === 503 || status === 504) return ['sourceUnavailable', `is not available (${status})`];
  if (status >= 300 && status < 400) return ['sourceError', `redirects elsewhere (${status}); correct its "url"`];
  if (status === 406 || status === 415) return ['sourceError', `does not take Seeq's media type (${status})`];
  return ['sourceError', `refused the call (${status})`];
}

/** What a good answer says that lacks what it should hold, such as "Request canceled"; empty if nothing. */
export function statusMessageOf(body: unknown): string {
  if (typeof body !== 'string') return seeqText(body);
  try {
    return body.length > LONGEST_PARSED ? '' : seeqText(JSON.parse(body));
  } catch {
    return '';
  }
}

/** Of an answer that is parsed once more only to find its text. */
const LONGEST_PARSED = 65_536;

/** `statusMessage` and the embedded messages of Seeq's error body; nothing of a body in another form. */
function seeqText(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { statusMessage, _embedded: embedded } = body as {
    statusMessage?: unknown;
    _embedded?: { errors?: ({ message?: unknown } | null)[] } | null;
  };
  const errors = Array.isArray(embedded?.errors) ? embedded.errors : [];
  const texts = [statusMessage, ...errors.map((error) => error?.message)];
  return texts.filter((text): text is string => typeof text === 'string' && text !== '').join('; ');
}

function unreadable(why: string, server: string, cause: unknown): DriverError {
  return new DriverError('sourceError', `Server "${server}": ${/[.?]$/.test(why) ? why : `${why}.`}`, { cause });
}
