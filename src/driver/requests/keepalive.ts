/**
 * Keepalive of a long-running answer: sends a message without items after a period of silence, and ends the answer when
 * the bus reports that there is no receiver.
 */
import type { AnswerSink, AnswerWatcher } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';

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
  readonly noReceiver = (): void => {
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

/**
 * Longest silence of a request whose caller accepts messages without items. A caller that seems gone is checked once
 * more after CALLER_GRACE_MS, because its subscription may not be known in the whole cluster yet.
 */
const SILENCE_MS = 5000;
const CALLER_GRACE_MS = 1000;

/**
 * Ends a request whose caller has left, so that it uses no server time. The messages of a longer answer detect that.
 * Before the first one a message without items can, if the caller accepts those.
 */
export function watchCaller(sink: AnswerSink, controller: AbortController, keepAlive: boolean): Keepalive {
  const keepalive = new Keepalive(SILENCE_MS, CALLER_GRACE_MS, {
    send: () => {
      // A message that cannot be sent ends the answer anyway.
      sink.flush({ isKeepalive: true })?.catch(() => undefined);
    },
    gone: () => {
      controller.abort(new DriverError('cancelled', 'Nobody receives the answer any more.'));
    },
  });
  sink.watch(keepalive);
  if (keepAlive) keepalive.sent();
  return keepalive;
}
