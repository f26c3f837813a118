/** The status of a feed, the time of its last change, and a log line for each change. */
import { limited, type Logger } from '../contract/log.ts';
import type { FeedHealth, FeedKind, FeedState } from '../contract/telemetry.ts';

export class FeedStatus {
  readonly #kind: FeedKind;
  readonly #name: string;
  readonly #logger: Logger;
  #state: FeedState = 'connecting';
  #message: string | undefined;
  #since = Date.now();
  /** Start of the status that overrides the recorded one, as health reports found it. */
  #overSince: number | undefined;

  constructor(kind: FeedKind, name: string, logger: Logger) {
    this.#kind = kind;
    this.#name = name;
    this.#logger = logger;
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Records the current status. Only a change is logged: a problem as a warning, anything else as information. */
  is(state: FeedState, message?: string): void {
    if (state === this.#state && message === this.#message) return;
    if (state !== this.#state) this.#since = Date.now();
    this.#state = state;
    this.#message = message;
    const facts = { feed: this.#kind, connection: this.#name, state };
    const text = `Feed ${this.#kind} "${this.#name}" is ${state}${message === undefined ? '' : `: ${message}`}`;
    const log = limited(this.#logger);
    const kind = `feed ${this.#kind} ${this.#name}`;
    if (state === 'up' || state === 'connecting' || state === 'stopped') log.info(kind, facts, text);
    else log.warn(kind, facts, text);
  }

  /**
   * Returns the status for the health report.
   * @param lastMessageMs arrival of the last message, milliseconds since 1970
   * @param over a status that overrides the recorded one at this moment, for example that senders must wait
   */
  health(lastMessageMs: number | undefined, over?: { state: FeedState; message: string }): FeedHealth {
    const message = over?.message ?? this.#message;
    this.#overSince = over === undefined ? undefined : (this.#overSince ?? Date.now());
    return {
      kind: this.#kind,
      name: this.#name,
      state: over?.state ?? this.#state,
      since: new Date(this.#overSince ?? this.#since).toISOString(),
      ...(message === undefined ? {} : { message }),
      lastMessage: lastMessageMs === undefined ? null : new Date(lastMessageMs).toISOString(),
    };
  }
}
