/** Requests that are refused to their sender: with which answer, and a line in the log that nobody can flood. */
import { limited, type Logger } from '../../../contract/log.ts';

/** What was wrong with a request. A closed list, so that the log stays bounded. */
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
  override readonly name = 'Refusal';
  readonly code: HttpErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What a person should read in the log besides; absent where the sender did nothing wrong. */
  readonly hint: string | undefined;

  /** @param message goes to the sender too, so it tells nothing of secrets */
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

/** Tells the sender when to come again. */
export const retryAfter = (seconds: number): Readonly<Record<string, string>> => ({
  'Retry-After': String(Math.max(1, Math.ceil(seconds))),
});

/** Logs refusals, of each kind for each known source only so many. */
export class HttpErrorLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * @param known name of the source, if it is one that is configured
   * @param facts what the log may show of the request, cut
   */
  tell(refusal: HttpError, known: string | undefined, facts: Readonly<Record<string, unknown>>): void {
    const { code, status, message, hint } = refusal;
    limited(this.#logger).warn(
      `seneye ${code} ${known ?? ''}`,
      { ...facts, status, reason: code },
      `A seneye post was answered ${status}: ${message}${hint === undefined ? '' : ` ${hint}`}`,
    );
  }
}
