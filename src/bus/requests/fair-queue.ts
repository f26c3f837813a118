/** Messages that wait for room. Small and large messages alternate, so that neither kind blocks the other. */
import type { MsgHdrs, NatsConnection } from 'nats';

export interface OutgoingMessage {
  subject: string;
  data: Uint8Array;
  headers?: MsgHdrs | undefined;
  /** Subject on which the server reports that there is no receiver. */
  reply?: string | undefined;
  /** Bytes of headers and data together. The server's max_payload counts both. */
  size: number;
  /** The connection that delivered the request. */
  via: NatsConnection;
  /** Replacement to send if a new connection has a smaller max_payload than this message was built for. */
  substitute?: () => OutgoingMessage;
}

/** A waiting message. It has left the queue when it is returned. */
export interface WaitingMessage {
  message: OutgoingMessage;
  /** False: the message is too large. */
  resolve: (sent: boolean) => void;
  reject: (error: Error) => void;
}

/** Messages up to this size count as small. */
const smallBytes = 64 * 1024;

export function isSmall({ size }: OutgoingMessage): boolean {
  return size <= smallBytes;
}

export class FairQueue {
  readonly #small: (WaitingMessage & { timer: NodeJS.Timeout })[] = [];
  readonly #large: (WaitingMessage & { timer: NodeJS.Timeout })[] = [];
  #largeIsNext = false;

  get length(): number {
    return this.#small.length + this.#large.length;
  }

  /** True if others of its size class wait, so the message must queue behind them. */
  isBefore(message: OutgoingMessage): boolean {
    return this.#queueOf(message).length > 0;
  }

  /** Appends the message to the queue. After `timeoutMs` the message is removed and the promise rejects. */
  join(message: OutgoingMessage, timeoutMs: number, reason: () => Error): Promise<boolean> {
    const queue = this.#queueOf(message);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(reason());
      }, timeoutMs);
      const waiter = { message, resolve, reject, timer };
      queue.push(waiter);
    });
  }

  /** Removes and returns the next message that fits. */
  next(fits: (message: OutgoingMessage) => boolean): WaitingMessage | undefined {
    const order = this.#largeIsNext ? [this.#large, this.#small] : [this.#small, this.#large];
    const queue = order.find(([head]) => head !== undefined && fits(head.message));
    const waiter = queue?.shift();
    this.#largeIsNext = queue === this.#small;
    clearTimeout(waiter?.timer);
    return waiter;
  }

  /** Rejects all waiting messages. */
  dismiss(reason: Error): void {
    for (const { timer, reject } of [...this.#small.splice(0), ...this.#large.splice(0)]) {
      clearTimeout(timer);
      reject(reason);
    }
  }

  #queueOf(message: OutgoingMessage): (WaitingMessage & { timer: NodeJS.Timeout })[] {
    return isSmall(message) ? this.#small : this.#large;
  }
}
