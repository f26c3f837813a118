/**
 * Simulates an IoT Open platform in this process: its REST API, and a real mosquitto behind proxies that ask the same
 * accounts. What devices publish there is what the platform knows.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { connectPlain, startMosquitto, type Mosquitto, type PlainClient } from '../support/mosquitto/index.ts';
import { startMqttProxy, type MqttProxy, type MqttProxyOptions } from '../support/mqtt-proxy.ts';
import type { ServerCertificate } from '../support/certificate.ts';
import { Accounts, type Account } from './accounts.ts';
import { DEFAULT_BEHAVIOUR, type Behaviour } from './behaviour.ts';
import { buildExample, PUMPS, SCHOOL } from './plant.ts';
import { restListener, type SeenCall } from './rest.ts';
import { Inventory, type Meta, type Thing } from './inventory.ts';

export interface IotOpenOptions {
  /** Who may call; by default {@link EXAMPLE_ACCOUNTS}. */
  accounts?: readonly Account[];
  /** Fills the platform; by default with the example. */
  build?: (inventory: Inventory) => void;
  behaviour?: Partial<Behaviour>;
  /** The certificate of REST and MQTT; without it both are plain. */
  certificate?: ServerCertificate | undefined;
  /** Port of REST; any free one without it. */
  port?: number;
}

/** One account for each way to log in. */
export const EXAMPLE_ACCOUNTS: readonly Account[] = [
  { user: 'integration', password: 'no-log-in-with-this', installations: [SCHOOL, PUMPS], keys: ['key-of-the-driver'] },
  { user: 'åsa@example.com', password: 'pass:wörd', installations: [SCHOOL] },
  { user: 'bo@example.com', password: 'bo-password', installations: [SCHOOL], code: '123456' },
  {
    ...{ user: 'oauth@example.com', password: 'oauth-password', installations: [PUMPS] },
    oauth: {
      ...{ clientId: 'driver/1', clientSecret: 's3cr+t %', refreshToken: 'first-refresh-token' },
      ...{ lifeSeconds: 3600, rotates: true },
    },
  },
];

export interface IotOpenSimulator {
  /** Root of REST; WebSocket MQTT is below it, at `/mqtt`. */
  readonly url: string;
  /** `mqtt://` or `mqtts://`. */
  readonly mqttUrl: string;
  /** `ws://` or `wss://`, on the port of REST. */
  readonly webSocketUrl: string;
  readonly inventory: Inventory;
  readonly accounts: Accounts;
  readonly behaviour: Behaviour;
  /** Calls of REST since the start, the oldest forgotten. */
  readonly seen: readonly SeenCall[];
  /** The proxy before the broker for direct MQTT, and for WebSocket; for outages, kicks and log-ins that were seen. */
  readonly proxy: MqttProxy;
  readonly webSocketProxy: MqttProxy;
  readonly broker: Mosquitto;
  /** A device publishes, and the platform has kept it when this resolves. Text goes as it is, an object as JSON. */
  publish(clientId: number, topic: string, payload: string | object): Promise<void>;
  /** Publishes without waiting for anything, for load. */
  readonly device: PlainClient;
  /** A function appears, with the event that says so. */
  addFunction(clientId: number, type: string, meta: Meta): Promise<Thing>;
  /** A function vanishes, with the event that says so. */
  removeFunction(clientId: number, id: number): Promise<void>;
  /** The event by which the platform says that something of an installation has changed. */
  announce(clientId: number, what?: 'functionx' | 'devicex' | 'installation'): Promise<void>;
  /** No client reaches the broker, and connected ones are disconnected, until `end`. Devices continue, and so does the log. */
  mqttOutage(): Promise<{ end(): Promise<void> }>;
  /** What clients say to the broker by WebSocket waits until `release`, also a subscription; what it says still comes. */
  mqttHold(): { release(): void };
  /** Ends everything at once. */
  stop(): Promise<void>;
}

/** The platform's own log-in at the broker, and the one that the proxies use. No other client reaches it. */
const INSIDE = 'inside';

/** Starts all of it and waits until it listens. */
export async function startIotOpen(options: IotOpenOptions = {}): Promise<IotOpenSimulator> {
  const { certificate, build = buildExample } = options;
  const behaviour: Behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
  const accounts = new Accounts(options.accounts ?? EXAMPLE_ACCOUNTS);
  const inventory = new Inventory();
  build(inventory);
  const seen: SeenCall[] = [];

  const broker = await startMosquitto(rightsOf(accounts));
  const inside = { username: 'platform', password: INSIDE };
  const recorder = await connectPlain(broker.url(), { ...inside, clientId: 'platform-recorder' });
  recorder.raw.on('message', (topic, payload) => {
    inventory.heard(topic, payload.toString('utf8'), Date.now() + behaviour.clockAheadMs);
    for (const look of looking) look(topic, payload);
  });
  const looking = new Set<(topic: string, payload: Buffer) => void>();
  await recorder.subscribe('#');
  const device = await connectPlain(broker.url(), { ...inside, clientId: 'devices' });

  const proxyOptions: MqttProxyOptions = {
    target: broker.port(),
    authorize: ({ username, password }) => {
      const account = accounts.ofMqtt(username, password);
      return account === undefined
        ? { refuse: 'notAuthorized' }
        : { accept: { username: account.user, password: INSIDE } };
    },
  };
  const proxy = await startMqttProxy({ ...proxyOptions, certificate });
  const webSocketProxy = await startMqttProxy({ ...proxyOptions, webSocket: true });
  const listener = restListener({ inventory, accounts, behaviour, seen, faulty: { sum: 0 } });
  const http =
    certificate === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ cert: certificate.certPem, key: certificate.keyPem }, listener);
  const upgraded = new Map<Socket, Socket>();
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/mqtt') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    upgraded.set(socket, handOn(request, socket, head, webSocketProxy.port));
    socket.once('close', () => upgraded.delete(socket));
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const port = await listen(http, options.port ?? 0);
  const secure = certificate === undefined ? '' : 's';

  const publish = async (clientId: number, topic: string, payload: string | object): Promise<void> => {
    const full = `${clientId}/${topic}`;
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const look = (heard: string, what: Buffer): void => {
      if (heard === full && what.equals(bytes)) resolve(undefined);
    };
    looking.add(look);
    try {
      await device.publish(full, bytes);
      await promise;
    } finally {
      looking.delete(look);
    }
  };
  const announce = (clientId: number, what = 'functionx'): Promise<void> =>
    publish(clientId, `evt/${what}/updated`, {});

  return {
    ...{ inventory, accounts, behaviour, seen, proxy, webSocketProxy, broker, device, publish, announce },
    url: `http${secure}://127.0.0.1:${port}`,
    mqttUrl: proxy.url,
    webSocketUrl: `ws${secure}://127.0.0.1:${port}/mqtt`,
    addFunction: async (clientId, type, meta) => {
      const thing = inventory.addThing('functions', clientId, type, meta);
      await announce(clientId);
      return thing;
    },
    removeFunction: async (clientId, id) => {
      inventory.removeThing('functions', id);
      await announce(clientId);
    },
    mqttOutage: async () => {
      const proxies = [proxy, webSocketProxy];
      for (const one of proxies) one.cut();
      await Promise.all(proxies.map((one) => one.refuse()));
      return {
        end: async () => {
          await Promise.all(proxies.map((one) => one.accept()));
        },
      };
    },
    mqttHold: () => {
      const held = [...upgraded];
      for (const [socket, onward] of held) socket.unpipe(onward);
      return {
        release: () => {
          for (const [socket, onward] of held) socket.pipe(onward);
        },
      };
    },
    stop: async () => {
      for (const socket of upgraded.keys()) socket.destroy();
      await Promise.all([recorder.end(), device.end(), proxy.stop(), webSocketProxy.stop(), close(http)]);
      await broker.stop();
    },
  };
}

/** At the broker, each account sees its installations and nothing else. */
function rightsOf(accounts: Accounts) {
  const names = accounts.all.map(({ user }) => user);
  const rights = accounts.all.map(({ user, installations }) =>
    [`user ${user}`, ...installations.map((clientId) => `topic readwrite ${clientId}/#`)].join('\n'),
  );
  return {
    users: Object.fromEntries(['platform', ...names].map((name) => [name, INSIDE])),
    acl: ['user platform\ntopic readwrite #', ...rights].join('\n\n'),
    maxQueued: 100_000,
  };
}

/** Passes a WebSocket on to the proxy, its handshake first; returns the way there. */
function handOn(request: IncomingMessage, socket: Socket, head: Buffer, port: number): Socket {
  const onward = createConnection({ host: '127.0.0.1', port });
  const end = (): void => {
    socket.destroy();
    onward.destroy();
  };
  for (const one of [socket, onward]) one.on('error', end).once('close', end);
  const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at] ?? ''}: ${request.rawHeaders[at + 1] ?? ''}`);
  }
  onward.write(`${lines.join('\r\n')}\r\n\r\n`);
  onward.write(head);
  socket.pipe(onward);
  onward.pipe(socket);
  return onward;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
