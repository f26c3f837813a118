/** The status of a feed, with a log line for each change, and its health report. */
import { limited, type Logger } from '../contract/log.ts';
import type { FeedHealth, FeedKind, FeedState } from '../contract/health.ts';
import { StatusReporter } from '../lib/status-reporter.ts';

export class FeedStatus {
  readonly #kind: FeedKind;
  readonly #name: string;
  readonly #reporter: StatusReporter<FeedState>;
  /** Start of the status that overrides the recorded one, as health reports found it. */
  #overSince: number | undefined;

  constructor(kind: FeedKind, name: string, logger: Logger) {
    this.#kind = kind;
    this.#name = name;
    const log = limited(logger);
    const lines = `feed ${kind} ${name}`;
    this.#reporter = new StatusReporter<FeedState>({
      initial: 'connecting',
      log: ({ state, message }) => {
        const facts = { feed: kind, connection: name, state };
        const text = `Feed ${kind} "${name}" is ${state}${message === undefined ? '' : `: ${message}`}`;
        if (state === 'up' || state === 'connecting' || state === 'stopped') log.info(lines, facts, text);
        else log.warn(lines, facts, text);
      },
    });
  }

  get state(): FeedState {
    return this.#reporter.state;
  }

  /** Records the current status. */
  report(state: FeedState, message?: string): void {
    this.#reporter.report(state, message);
  }

  /**
   * Returns the status for the health report.
   * @param lastMessageMs arrival of the last message, milliseconds since 1970
   * @param over a status that overrides the recorded one at this moment, for example that senders must wait
   */
  health(lastMessageMs: number | undefined, over?: { state: FeedState; message: string }): FeedHealth {
    const { state, message, sinceMs } = this.#reporter;
    const shown = over?.message ?? message;
    this.#overSince = over === undefined ? undefined : (this.#overSince ?? Date.now());
    return {
      kind: this.#kind,
      name: this.#name,
      state: over?.state ?? state,
      since: new Date(this.#overSince ?? sinceMs).toISOString(),
      ...(shown === undefined ? {} : { message: shown }),
      lastMessage: lastMessageMs === undefined ? null : new Date(lastMessageMs).toISOString(),
    };
  }
}
