/** One log line for each change of a server's state, in the words of function `hosts`. */
import { limited, type Logger } from '../contract/log.ts';
import type { FoundState } from '../driver/source-health/source-health.ts';

export interface ServerLogOptions {
  /** The configured name of the server. */
  name: string;
  logger: Logger;
  /** Requests a probe of the server. Limits itself, so any failed call may use it. */
  confirm: () => void;
}

export class ServerLog {
  readonly #options: ServerLogOptions;
  #logged: Pick<FoundState, 'state' | 'message'> = { state: 'unknown' };

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  /**
   * Records a result. An answer shows that the server is up. One failed call does not prove that it is down, since
   * others may succeed, so a failure counts when a probe confirms it. A server whose state flaps has a limited number
   * of lines, the last of which shows its state.
   * @param probed true if a probe found it, false for a call of a request
   */
  news({ state, message, version }: Readonly<FoundState>, probed: boolean): void {
    const before = this.#logged;
    if (state === before.state && (message === before.message || !probed)) return;
    const { name, logger, confirm } = this.#options;
    if (state !== 'up' && !probed) {
      confirm();
      return;
    }
    this.#logged = { state, ...(message === undefined ? {} : { message }) };
    const [log, kind, facts] = [limited(logger), `server ${name}`, { server: name, state, version }];
    if (state !== 'up') log.error(kind, facts, message ?? `Server "${name}" is ${state}.`);
    else if (before.state === 'unknown') log.info(kind, facts, `Server "${name}" is up.`);
    // The recovery is logged at every level at which the problem was logged.
    else log.notice(kind, facts, `Server "${name}" is up again.`);
  }
}
