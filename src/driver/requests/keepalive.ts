/**
 * Keepalive of a long-running answer: sends a message without items after a period of silence, and ends the answer when
 * the bus reports that there is no receiver.
 */
import type { AnswerWatcher } from '../../contract/answer.ts';

export interface KeepaliveActions {
  /** Sends a message without items. */
  send: () => void;
  /** There is no receiver. */
  gone: () => void;
}

export class Keepalive implements AnswerWatcher {
  readonly #actions: KeepaliveActions;
  readonly #silenceMs: number;
  readonly #graceMs: number;
  #silence: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  /** Until this time a further report ends the answer. */
  #confirmedUntil = -Infinity;
  #stopped = false;

  /**
   * @param silenceMs time without a message after which one without items is sent
   * @param graceMs time in which a caller that lost its connection may return
   */
  constructor(silenceMs: number, graceMs: number, actions: KeepaliveActions) {
    this.#actions = actions;
    this.#silenceMs = silenceMs;
    this.#graceMs = Math.min(graceMs, silenceMs);
  }

  /** A message is being sent. */
  readonly sent = (): void => {
    clearTimeout(this.#silence);
    if (this.#stopped) return;
    this.#silence = setTimeout(this.#actions.send, this.#silenceMs);
  };

  /** The bus reports that there was no receiver: checks once more after the grace period. */
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
