/**
 * Keeps both ends of an answer that takes long sure of each other: a message without items when there is nothing to say for long, and an
 * end when the bus says that nobody receives the messages any more.
 */
import type { AnswerWatcher } from '../../contract/answer.ts';

export interface KeepaliveActions {
  /** Sends a message without items. */
  send: () => void;
  /** Nobody receives the messages. */
  gone: () => void;
}

export class Keepalive implements AnswerWatcher {
  readonly #actions: KeepaliveActions;
  readonly #silenceMs: number;
  readonly #graceMs: number;
  #silence: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  /** Until when a further "nobody" is the last one. */
  #confirmedUntil = -Infinity;
  #stopped = false;

  /**
   * @param silenceMs after which a message without items is sent
   * @param graceMs in which a caller that lost its connection may come back
   */
  constructor(silenceMs: number, graceMs: number, actions: KeepaliveActions) {
    this.#actions = actions;
    this.#silenceMs = silenceMs;
    this.#graceMs = Math.min(graceMs, silenceMs);
  }

  /** Something is sent now. */
  readonly sent = (): void => {
    clearTimeout(this.#silence);
    if (this.#stopped) return;
    this.#silence = setTimeout(this.#actions.send, this.#silenceMs);
  };

  /** The bus had nobody to give a message to: asks once more after a grace. */
  readonly nobody = (): void => {
    if (this.#stopped || this.#grace !== undefined) return;
    if (performance.now() < this.#confirmedUntil) {
      this.#actions.gone();
      return;
    }
    this.#grace = setTimeout(() => {
      this.#grace = undefined;
      this.#confirmedUntil = performance.now() + this.#graceMs;
      this.#actions.send();
    }, this.#graceMs);
  };

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#silence);
    clearTimeout(this.#grace);
  }
}
