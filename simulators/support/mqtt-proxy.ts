/**
 * A proxy before a real MQTT broker that decides who may pass: it reads CONNECT, asks, and either refuses as a broker does
 * or hands the connection on under a login that the broker knows. After that it passes all bytes on untouched.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createConnection, createServer, Socket, type Server } from 'node:net';
import { finished, type Duplex } from 'node:stream';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { parser } from 'mqtt-packet';
import { createWebSocketStream, WebSocketServer } from 'ws';
import {
  loginOf,
  readConnect,
  refusingConnack,
  rewriteConnect,
  type MqttLogin,
  type MqttRefusal,
} from './mqtt-login.ts';
import type { ServerCertificate } from './certificate.ts';
import { LOOPBACK, RestartableListener } from './restartable-listener.ts';

/** Passed on under another login (the client id stays, unless one is given), or refused. */
export type Verdict =
  | { accept: { username?: string | undefined; password?: string | undefined; clientId?: string | undefined } }
  | { refuse: MqttRefusal };

export interface MqttProxyOptions {
  /** Port of the broker on this machine. */
  target: number;
  /** Called for every log-in. If it fails, the answer is "server unavailable". */
  authorize: (login: MqttLogin) => Verdict | Promise<Verdict>;
  /** Port to listen on; any free one without it. */
  port?: number | undefined;
  certificate?: ServerCertificate | undefined;
  /** MQTT over WebSocket, on any path. */
  webSocket?: boolean | undefined;
  /** Time for a whole CONNECT packet; 10 s without it. */
  connectTimeoutMs?: number | undefined;
  /** Called for every message that the broker delivers, which the proxy does not change. */
  onDelivery?: ((to: MqttLogin, topic: string) => void) | undefined;
  /** Called when a connection that was logged in has ended. */
  onGone?: ((login: MqttLogin) => void) | undefined;
}

/** A login as it was seen on the wire. */
export interface Attempt extends MqttLogin {
  readonly outcome: 'accepted' | MqttRefusal;
}

/** Who is meant: everybody whose given members are equal. */
export interface Who {
  username?: string;
  clientId?: string;
}

export interface MqttProxy {
  readonly port: number;
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string;
  /** All logins since the start, in order. */
  readonly attempts: readonly Attempt[];
  /** Connections that were taken, those included that were no MQTT. */
  readonly taken: number;
  /** Logged-in connections that are open now. */
  readonly open: readonly MqttLogin[];
  /** Bytes that were passed on after the login, by direction. */
  readonly bytes: Readonly<{ toBroker: number; toClients: number }>;
  /** Ends connections without a goodbye; returns how many. */
  kick(who: Who): number;
  /** Ends all connections without a goodbye. */
  cut(): void;
  /** Where new connections lead from now on. */
  lead(target: number): void;
  /** Takes no connections, as if nothing listened, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMqttProxy(options: MqttProxyOptions): Promise<MqttProxy> {
  const { authorize, certificate, webSocket = false, connectTimeoutMs = 10_000 } = options;
  const clients = new Set<Duplex>();
  const passing = new Map<Duplex, MqttLogin>();
  const attempts: Attempt[] = [];
  const bytes = { toBroker: 0, toClients: 0 };
  let { target } = options;
  let taken = 0;

  const decide = async (login: MqttLogin): Promise<Verdict> => {
    try {
      return await authorize(login);
    } catch {
      return { refuse: 'serverUnavailable' };
    }
  };

  const serve = async (client: Duplex): Promise<void> => {
    const { packet, rest } = await readConnect(client, connectTimeoutMs);
    const login = loginOf(packet);
    const verdict = await decide(login);
    attempts.push({ ...login, outcome: 'refuse' in verdict ? verdict.refuse : 'accepted' });
    if ('refuse' in verdict) {
      client.end(refusingConnack(login.protocolVersion, verdict.refuse));
      client.resume();
      return;
    }
    if (client.destroyed) return;
    const broker = createConnection({ host: LOOPBACK, port: target, noDelay: true });
    passing.set(client, { ...login, clientId: verdict.accept.clientId ?? login.clientId });
    if (options.onDelivery !== undefined) watchDeliveries(broker, login, options.onDelivery);
    join(client, broker, bytes);
    broker.write(rewriteConnect(packet, verdict.accept));
    if (rest.length > 0) broker.write(rest);
  };

  const take = (client: Duplex): void => {
    taken++;
    clients.add(client);
    finished(client, () => {
      clients.delete(client);
      const login = passing.get(client);
      passing.delete(client);
      if (login !== undefined) options.onGone?.(login);
    });
    client.on('error', () => undefined);
    serve(client).catch(() => {
      client.destroy();
    });
  };

  const listener = new RestartableListener(() => createListener(take, certificate, webSocket), options.port);
  const end = (client: Duplex): void => {
    if (client instanceof Socket && !(client instanceof TLSSocket)) client.resetAndDestroy();
    else client.destroy();
  };
  const cut = (): void => {
    for (const client of [...clients]) end(client);
  };
  const refuse = (): Promise<void> => listener.refuse(clients.size);

  await listener.listen();
  return {
    get port() {
      return listener.port;
    },
    get url() {
      return `${webSocket ? 'ws' : 'mqtt'}${certificate === undefined ? '' : 's'}://${LOOPBACK}:${listener.port}`;
    },
    attempts,
    get taken() {
      return taken;
    },
    get open() {
      return [...passing.values()];
    },
    bytes,
    kick: (who) => {
      const meant = [...passing].filter(
        ([, login]) =>
          (who.username === undefined || who.username === login.username) &&
          (who.clientId === undefined || who.clientId === login.clientId),
      );
      for (const [client] of meant) end(client);
      return meant.length;
    },
    cut,
    lead: (to) => {
      target = to;
    },
    refuse,
    accept: () => listener.listen(),
    stop: async () => {
      cut();
      await refuse();
    },
  };
}

/** Passes bytes both ways; when one side ends, so does the other, after what it had sent. */
function join(client: Duplex, broker: Socket, bytes: { toBroker: number; toClients: number }): void {
  client.on('data', (chunk: Buffer) => (bytes.toBroker += chunk.length));
  broker.on('data', (chunk: Buffer) => (bytes.toClients += chunk.length));
  broker.on('error', () => client.destroy());
  client.once('close', () => broker.destroy());
  broker.once('close', () => client.end());
  client.pipe(broker);
  broker.pipe(client);
}

function watchDeliveries(broker: Socket, login: MqttLogin, told: (to: MqttLogin, topic: string) => void): void {
  const reader = parser({ protocolVersion: login.protocolVersion });
  reader.on('packet', (packet) => {
    if (packet.cmd === 'publish') told(login, packet.topic);
  });
  reader.on('error', () => undefined);
  broker.on('data', (chunk: Buffer) => reader.parse(chunk));
}

function createListener(take: (client: Duplex) => void, certificate?: ServerCertificate, webSocket = false): Server {
  const tls = certificate === undefined ? undefined : { cert: certificate.certPem, key: certificate.keyPem };
  if (!webSocket) {
    if (tls === undefined) return createServer({ noDelay: true }, take);
    // A failed handshake is the client's news.
    return createTlsServer(tls, take).on('tlsClientError', () => undefined);
  }
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  const sockets = new WebSocketServer({
    server,
    maxPayload: 16 * 1024 * 1024,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
  });
  sockets.on('connection', (socket) => {
    if (socket.protocol === 'mqtt') take(createWebSocketStream(socket));
    else socket.close(1002, 'The subprotocol must be mqtt.');
  });
  return server;
}
