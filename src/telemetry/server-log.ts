/** One log line for each change of a source's confirmed state, in the words of function `hosts`. */
import { limited, type Logger } from '../contract/log.ts';
import type { FoundState } from '../driver/source-health/source-health.ts';

export class ServerLog {
  readonly #name: string;
  readonly #logger: Logger;
  #logged: Pick<FoundState, 'state' | 'message'> = { state: 'unknown' };

  /** @param name the configured name of the source */
  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
  }

  /** A source whose state flaps has a limited number of lines, the last of which shows its state. */
  found({ state, message, version }: Readonly<FoundState>): void {
    const before = this.#logged;
    if (state === before.state && message === before.message) return;
    this.#logged = { state, ...(message === undefined ? {} : { message }) };
    const name = this.#name;
    const [log, kind, facts] = [limited(this.#logger), `server ${name}`, { server: name, state, version }];
    if (state !== 'up') log.error(kind, facts, message ?? `Server "${name}" is ${state}.`);
    else if (before.state === 'unknown') log.info(kind, facts, `Server "${name}" is up.`);
    // The recovery is logged at every level at which the problem was logged.
    else log.notice(kind, facts, `Server "${name}" is up again.`);
  }
}
