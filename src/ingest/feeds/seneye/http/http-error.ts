/** Rejected requests: the HTTP answer, and a rate-limited log line. */
import { limited, type Logger } from '../../../../contract/log.ts';

/** The problem of a request. The list is closed, so that the log stays bounded. */
export type HttpErrorCode =
  | 'path'
  | 'method'
  | 'contentType'
  | 'noSource'
  | 'unknownSource'
  | 'tooMany'
  | 'tooLarge'
  | 'malformed'
  | 'signature'
  | 'busy'
  | 'busAway'
  | 'noSecret'
  | 'stopping';

/** Ends the handling of a request with an answer other than success. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Additional text for the operator's log. Absent if the sender made no mistake. */
  readonly hint: string | undefined;

  /** @param message is sent to the sender too, so it contains no secrets */
  constructor(
    code: HttpErrorCode,
    status: number,
    message: string,
    { headers = {}, hint }: { headers?: Readonly<Record<string, string>>; hint?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
    this.hint = hint;
  }
}

/** Header that says when the sender may retry. */
export const retryAfter = (seconds: number): Readonly<Record<string, string>> => ({
  'Retry-After': String(Math.max(1, Math.ceil(seconds))),
});

/** Logs rejections, with a rate limit for each kind and each known source. */
export class HttpErrorLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * @param known name of the source, if it is configured
   * @param facts details of the request that are safe to log, cut
   */
  log(error: HttpError, known: string | undefined, facts: Readonly<Record<string, unknown>>): void {
    const { code, status, message, hint } = error;
    limited(this.#logger).warn(
      `seneye ${code} ${known ?? ''}`,
      { ...facts, status, reason: code },
      `A seneye post was answered ${status}: ${message}${hint === undefined ? '' : ` ${hint}`}`,
    );
  }
}
