/** Requests that are refused to their sender: with which answer, and a line in the log that nobody can flood. */
import type { BusLogger } from '../../bus/logger.ts';

/** What was wrong with a request. A closed list, so that the log stays bounded. */
export type RefusalCode =
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
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What a person should read in the log besides; absent where the sender did nothing wrong. */
  readonly hint: string | undefined;

  /** @param message goes to the sender too, so it tells nothing of secrets */
  constructor(
    code: RefusalCode,
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

const QUIET_MS = 60_000;

/** Logs the first refusal of each kind for each known source, and then at most one a minute, with the number left out. */
export class RefusalLog {
  readonly #logger: BusLogger;
  readonly #now: () => number;
  readonly #told = new Map<string, { atMs: number; leftOut: number }>();

  /** @param now milliseconds of a monotonic clock */
  constructor(logger: BusLogger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * @param known name of the source, if it is one that is configured
   * @param facts what the log may show of the request, cut
   */
  tell(refusal: Refusal, known: string | undefined, facts: Readonly<Record<string, unknown>>): void {
    const key = `${refusal.code} ${known ?? ''}`;
    const told = this.#told.get(key);
    if (told !== undefined && this.#now() - told.atMs < QUIET_MS) {
      told.leftOut++;
      return;
    }
    this.#told.set(key, { atMs: this.#now(), leftOut: 0 });
    const hint = refusal.hint === undefined ? '' : ` ${refusal.hint}`;
    const leftOut = told === undefined || told.leftOut === 0 ? {} : { notLogged: told.leftOut };
    this.#logger.warn(
      { ...facts, ...leftOut, status: refusal.status, reason: refusal.code },
      `A seneye post was answered ${refusal.status}: ${refusal.message}${hint}`,
    );
  }
}
