/**
 * The sockets that one attempt to connect opens. The client can neither abandon an attempt nor does it close the socket
 * of one that timed out, and an open socket keeps the process alive. Node reports each new socket on a diagnostics
 * channel, in the asynchronous context of the code that opened it.
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

  /** Runs the attempt; every socket that it opens belongs to it. */
  during<T>(attempt: () => Promise<T>): Promise<T> {
    return attempts.run(this, attempt);
  }

  /** Called by the channel only. A socket of an attempt that was abandoned is closed at once. */
  add(socket: Socket): void {
    if (this.#ended) socket.destroy();
    else this.#sockets.add(socket);
  }

  /** Closes all of them without a goodbye. To be called when the attempt failed or is abandoned. */
  destroy(): void {
    this.#ended = true;
    for (const socket of this.#sockets) {
      // The client has taken its listeners off; an error without one would end the process.
      socket.on('error', () => undefined);
      socket.destroy();
    }
    this.#sockets.clear();
  }
}
