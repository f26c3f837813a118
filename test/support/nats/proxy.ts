/** A TCP proxy before a server, which breaks connections in the ways that networks do. */
import { createConnection, createServer, type Socket } from 'node:net';
import { LOOPBACK, RestartableListener } from '../../../simulators/support/restartable-listener.ts';

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

/** Listens on a free port of this machine and passes on to the given one. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let destination = target;
  let taken = 0;
  let passed = 0;
  let paused = false;
  let delayMs = 0;

  const link = (client: Socket): void => {
    taken++;
    const server = createConnection({ host: LOOPBACK, port: destination });
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

  const listener = new RestartableListener(() => createServer(link));
  const cut = (): void => {
    for (const { client, server } of [...pairs]) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  const refuse = (): Promise<void> => listener.refuse(pairs.size);

  await listener.listen();
  return {
    get port() {
      return listener.port;
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
    accept: () => listener.listen(),
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
