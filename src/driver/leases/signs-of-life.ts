/**
 * Keeps both ends of a lease sure of each other: a message without items when there is nothing to say for long, and an
 * end when the bus says that nobody receives the messages any more.
 */
import { leaseSilenceMs } from '../../contract/functions/data.ts';

export interface LifeActions {
  /** Sends a message without items. */
  send: () => void;
  /** Nobody receives the messages. */
  gone: () => void;
}

/** A caller may lose its connection and come back within this time. */
const GRACE_MS = 3_000;

export class SignsOfLife {
  readonly #actions: LifeActions;
  readonly #silenceMs: number;
  readonly #graceMs: number;
  #silence: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  /** Until when a further "nobody" is the last one. */
  #confirmedUntil = -Infinity;
  #stopped = false;

  constructor(leaseMs: number, actions: LifeActions) {
    this.#actions = actions;
    this.#silenceMs = leaseSilenceMs(leaseMs);
    this.#graceMs = Math.min(GRACE_MS, this.#silenceMs);
  }

  /** Something is sent now. */
  sent(): void {
    clearTimeout(this.#silence);
    if (this.#stopped) return;
    this.#silence = setTimeout(this.#actions.send, this.#silenceMs);
  }

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
