/** A listener that can stop listening, as if nothing were there, and listen again on the same port. */
import type { AddressInfo, Server } from 'node:net';

export const LOOPBACK = '127.0.0.1';

export class RestartableListener {
  readonly #create: () => Server;
  #port: number;
  #listener: Server | undefined;

  /**
   * @param create a server that does not listen yet
   * @param port 0 for any free one, which it keeps
   */
  constructor(create: () => Server, port = 0) {
    this.#create = create;
    this.#port = port;
  }

  /** 0 before the first `listen`, if any free port was asked for. */
  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    if (this.#listener !== undefined) return;
    const opened = this.#create();
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen({ host: LOOPBACK, port: this.#port }, resolve);
    });
    this.#port = (opened.address() as AddressInfo).port;
    this.#listener = opened;
  }

  /** Stops listening. Existing connections go on; without any, it resolves when the port is free. */
  async refuse(connections: number): Promise<void> {
    const closing = this.#listener;
    this.#listener = undefined;
    if (closing === undefined) return;
    const closed = new Promise<void>((resolve) => {
      closing.close(() => {
        resolve();
      });
    });
    if (connections === 0) await closed;
  }
}
