/**
 * The sockets that one connection attempt opens. The client cannot abandon an attempt, and it does not close the socket
 * of one that timed out. An open socket keeps the process alive. Node reports each new socket on a diagnostics channel,
 * in the asynchronous context of the code that opened it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const attempts = new AsyncLocalStorage<AttemptSockets>();

subscribe('net.client.socket', (message) => {
  attempts.getStore()?.add((message as { socket: Socket }).socket);
});

export class AttemptSockets {
  readonly #sockets = new Set<Socket>();
  #ended = false;

  /** Runs the attempt. Every socket that it opens belongs to it. */
  during<T>(attempt: () => Promise<T>): Promise<T> {
    return attempts.run(this, attempt);
  }

  /** Called by the diagnostics channel only. Closes a socket of an abandoned attempt at once. */
  add(socket: Socket): void {
    if (this.#ended) socket.destroy();
    else this.#sockets.add(socket);
  }

  /** Destroys all sockets without a protocol close. Call it when the attempt failed or is abandoned. */
  destroy(): void {
    this.#ended = true;
    for (const socket of this.#sockets) {
      // The client has removed its listeners. An error event without a listener ends the process.
      socket.on('error', () => undefined);
      socket.destroy();
    }
    this.#sockets.clear();
  }
}
