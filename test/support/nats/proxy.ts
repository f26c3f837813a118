/** A TCP proxy before a server, which breaks connections in the ways that networks do. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** Connections that were ever taken. */
  readonly taken: number;
  /** Connections of clients that are open now. */
  readonly open: number;
  /** Bytes that were passed on, in both directions. */
  readonly passed: number;
  /** Ends all connections at once, without a goodbye. */
  cut(): void;
  /** Passes nothing on any more, while connections stay open and new ones are taken. */
  pause(): void;
  resume(): void;
  /** Holds every piece of data back for so long; 0 undoes it. */
  slow(delayMs: number): void;
  /** Takes no connections, as if nothing listened; `accept` undoes it. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Where new connections lead from now on. */
  lead(port: number): void;
  /** Sends bytes to all clients as if they came from the server. */
  inject(text: string): void;
  stop(): Promise<void>;
}

const host = '127.0.0.1';

/** Listens on a free port of this machine and passes on to the given one. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let destination = target;
  let taken = 0;
  let passed = 0;
  let paused = false;
  let delayMs = 0;
  let port = 0;

  const link = (client: Socket): void => {
    taken++;
    const server = createConnection({ host, port: destination });
    const pair = { client, server };
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const pass = (bytes: Buffer): void => {
        passed += bytes.length;
        if (!to.write(bytes)) from.pause();
      };
      from.on('data', (bytes) => {
        if (delayMs === 0) {
          pass(bytes);
          return;
        }
        // Nothing else is read meanwhile, so the order stays.
        from.pause();
        setTimeout(() => {
          pass(bytes);
          if (!paused && !to.writableNeedDrain) from.resume();
        }, delayMs);
      });
      to.on('drain', () => {
        if (!paused) from.resume();
      });
      from.on('error', end);
      from.on('close', end);
      if (paused) from.pause();
    }
    pairs.add(pair);
  };

  let listener: Server | undefined;
  const accept = async (): Promise<void> => {
    if (listener !== undefined) return;
    const opened = createServer(link);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen({ host, port }, resolve);
    });
    const address = opened.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    port = address.port;
    listener = opened;
  };
  const cut = (): void => {
    for (const { client, server } of [...pairs]) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  /** Only stops listening; connections that exist go on. */
  const refuse = async (): Promise<void> => {
    const closing = listener;
    listener = undefined;
    if (closing === undefined) return;
    const closed = new Promise<void>((resolve) => {
      closing.close(() => {
        resolve();
      });
    });
    if (pairs.size === 0) await closed;
  };

  await accept();
  return {
    get port() {
      return port;
    },
    get taken() {
      return taken;
    },
    get passed() {
      return passed;
    },
    get open() {
      return pairs.size;
    },
    cut,
    pause: () => {
      paused = true;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.pause();
    },
    resume: () => {
      paused = false;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.resume();
    },
    slow: (ms) => {
      delayMs = ms;
    },
    refuse,
    accept,
    lead: (to) => {
      destination = to;
    },
    inject: (text) => {
      for (const { client } of pairs) client.write(text);
    },
    stop: async () => {
      cut();
      await refuse();
    },
  };
}
