/**
 * The closed table of error codes of the bus contract. Answers, logs and metrics use the same codes, so that a code in
 * a dashboard can be found in all of them.
 */
import { asSentence } from '../lib/wording/phrases.ts';

/** The meaning of a code: an HTTP-like number, whether a retry can help, and the remedy. */
export interface ErrorCodeInfo {
  readonly status: number;
  readonly retryable: boolean;
  readonly advice: string;
}

export const errorCodes = {
  badRequest: { status: 400, retryable: false, advice: 'Correct the named field and send the request again.' },
  unauthorized: {
    status: 401,
    retryable: false,
    advice: "Check the driver's own credentials for this server: key or user, password, directory and their expiry.",
  },
  forbidden: {
    status: 403,
    retryable: false,
    advice: "Give the driver's user at the source read access to this item.",
  },
  notFound: {
    status: 404,
    retryable: false,
    advice: 'The item does not exist (any more) at the source; search again.',
  },
  unknownHost: { status: 404, retryable: false, advice: 'Use one of the names that function "hosts" lists.' },
  unknownFunction: { status: 404, retryable: false, advice: 'Use one of the names that function "functions" lists.' },
  unsupported: {
    status: 405,
    retryable: false,
    advice: 'Function "functions" lists what is supported, and why not; "hosts" lists what each server supports.',
  },
  cancelled: { status: 499, retryable: false, advice: 'The request was cancelled on demand; send it again if needed.' },
  tooLarge: {
    status: 413,
    retryable: false,
    advice: 'Ask for fewer items, a shorter range or fewer points, or page with "limit" and "cursor".',
  },
  overloaded: {
    status: 429,
    retryable: true,
    advice: 'Wait for "retryAfterMs" of the details, then send the request again.',
  },
  internal: {
    status: 500,
    retryable: false,
    advice: "This is a fault of the driver; report it with the driver's log.",
  },
  sourceError: {
    status: 502,
    retryable: false,
    advice: 'The source refused the call or gave an invalid answer; the message names the reason.',
  },
  sourceUnavailable: { status: 503, retryable: true, advice: 'The source cannot be reached; try again later.' },
  timeout: { status: 504, retryable: true, advice: 'Ask for less, or give a larger "timeoutMs".' },
} as const satisfies Record<string, ErrorCodeInfo>;

export type ErrorCode = keyof typeof errorCodes;

/** All codes, in the order of the table. */
export const errorCodeNames = Object.keys(errorCodes) as ErrorCode[];

/** The error in its form for an answer or an item. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  details?: Record<string, unknown>;
}

export interface DriverErrorOptions {
  /** Facts for programs: the field, the limit, a retry hint (`retryAfterMs`). Never a secret. */
  details?: Record<string, unknown>;
  /** Overrides the table if the cause is known better. */
  retryable?: boolean;
  cause?: unknown;
}

/** An error that may be sent to a caller: it has a code of the table and a message suitable for operators. */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: DriverErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.details = options.details;
  }

  /** The HTTP-like number of the code. */
  get status(): number {
    return errorCodes[this.code].status;
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/**
 * A problem with one parameter of a function. All such messages begin with its name in this form.
 * @param problem follows the name: "must be a time"
 */
export function wrongParameter(field: string, problem: string, cause?: unknown): DriverError {
  return new DriverError('badRequest', asSentence(`Parameter "${field}" ${problem}`), { details: { field }, cause });
}

/**
 * Converts anything thrown to an error of the contract. An unexpected error becomes `internal`. Its text is only logged
 * and not part of the answer, because it may contain secrets.
 */
export function toDriverError(thrown: unknown): DriverError {
  if (thrown instanceof DriverError) return thrown;
  return new DriverError('internal', 'The driver failed unexpectedly; its log contains the reason.', { cause: thrown });
}
