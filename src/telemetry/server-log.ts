/** One line in the log for each change of a server's state, in the words of function `hosts`. */
import { limited, type Logger } from '../contract/log.ts';
import type { FoundState } from '../driver/source-health/source-health.ts';

export interface ServerLogOptions {
  /** The configured name of the server. */
  name: string;
  logger: Logger;
  /** Asks the server how it is; bounded by itself, so that any failed call may ask for it. */
  confirm: () => void;
}

export class ServerLog {
  readonly #options: ServerLogOptions;
  #logged: Pick<FoundState, 'state' | 'message'> = { state: 'unknown' };

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  /**
   * Takes what was found. An answer shows that the server is up; one failed call is no proof that it is down, since
   * others may succeed beside it, so bad news count when a probe confirms them. A server that changes again and again
   * has a bounded number of lines, the last of which gives its state.
   * @param probed found by asking the server how it is, and not by a call of a request
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
    // Whoever was told of the trouble, at whatever level of the log, learns of its end.
    else log.notice(kind, facts, `Server "${name}" is up again.`);
  }
}
