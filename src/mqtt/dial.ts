/** One attempt to connect to a broker: a client of its own, with everything that it would do by itself switched off. */
import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';
import { connect, MqttClient, type IClientOptions } from 'mqtt';
import { openTunnel } from '../net/proxy.ts';
import { readPems, type TlsSources } from '../net/tls.ts';
import type { BrokerCredentials, BrokerClientOptions } from './client-options.ts';
import { BrokerError, type AttemptFacts } from './errors.ts';

/** How long a session is kept where nothing else is configured: a day. */
export const STANDARD_EXPIRY_S = 86_400;

const standardPorts: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };

/** What is known of an attempt before it begins. */
export function attemptFacts(options: BrokerClientOptions): AttemptFacts {
  const { url, tls, label, version, clientId, connectTimeoutMs } = options;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    ...{ label, version, clientId, host },
    // Without path and query, which can hold a token.
    where: `${protocol}//${hostname}:${port === '' ? (standardPorts[protocol] ?? 0) : port}`,
    tlsName: tls.serverName ?? host,
    tls: /^(mqtts|wss):$/.test(protocol),
    webSocket: /^wss?:$/.test(protocol),
    timeoutMs: connectTimeoutMs,
  };
}

/** What an attempt reads anew. */
export interface Fresh {
  readonly credentials: BrokerCredentials;
  readonly tls: ConnectionOptions;
  /** Leads through the proxy to the broker. */
  readonly tunnel?: Socket | undefined;
}

/**
 * Reads log-in and certificates as they are now, and then opens the way through the proxy.
 * @throws BrokerError when reading fails; its message names the place and no content
 * @throws ProxyError
 */
export async function readFresh(options: BrokerClientOptions, facts: AttemptFacts): Promise<Fresh> {
  const [credentials, tls] = await Promise.all([
    options.credentials().catch((error: unknown) => {
      // Whoever makes the log-in knows better: it may be the place that gives it which is away.
      if (error instanceof BrokerError) throw error;
      const why = error instanceof Error ? error.message : 'unknown error';
      throw new BrokerError('credentials', `${facts.label}: the log-in cannot be prepared: ${why}`);
    }),
    facts.tls ? readTls(options.tls, facts) : {},
  ]);
  if (options.proxy === undefined || !facts.webSocket) return { credentials, tls };
  const tunnel = await openTunnel(options.proxy, new URL(options.url), options.connectTimeoutMs);
  return { credentials, tls, tunnel };
}

async function readTls(tls: TlsSources, facts: AttemptFacts): Promise<ConnectionOptions> {
  const pems = await readPems(tls).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new BrokerError('fileUnreadable', `${facts.label}: ${why}`);
  });
  const { serverName, insecureSkipVerify } = tls;
  return {
    ...pems,
    // An address is not allowed as a server name indication.
    servername: isIP(facts.tlsName) === 0 ? facts.tlsName : '',
    rejectUnauthorized: !insecureSkipVerify,
    ...(serverName === undefined
      ? {}
      : { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) }),
  };
}

/**
 * Begins the attempt. Its errors come as events of the client. For TCP and TLS the stream is made here, because the
 * client's own way follows environment variables and changes the scheme as it sees fit.
 */
export function dial(options: BrokerClientOptions, fresh: Fresh): MqttClient {
  const { protocol, hostname, port, pathname, search } = new URL(options.url);
  const settings = clientOptions(options, fresh.credentials);
  const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (standardPorts[protocol] ?? 0) };
  if (protocol === 'mqtt:') return new MqttClient(() => connectTcp({ ...place, noDelay: true }), settings);
  if (protocol === 'mqtts:') return new MqttClient(() => secure({ ...place, ...fresh.tls }), settings);
  const { tunnel } = fresh;
  let socket: Socket | undefined;
  const client = connect({
    ...settings,
    protocol: protocol === 'wss:' ? 'wss' : 'ws',
    ...{ hostname, port: place.port, path: `${pathname}${search}` },
    wsOptions: {
      // Beyond its own 100 MiB the library ends the connection, and the broker would send the same message again, for ever.
      maxPayload: 0,
      ...{ ...fresh.tls, perMessageDeflate: false, handshakeTimeout: options.connectTimeoutMs },
      ...(tunnel === undefined
        ? {}
        : {
            createConnection: () =>
              protocol === 'wss:' ? connectTls({ host: place.host, ...fresh.tls, socket: tunnel }) : tunnel,
          }),
      finishRequest: (request) => {
        request.once('socket', (one) => {
          socket = one;
        });
        request.end();
      },
    },
  });
  // A stream of web sockets does not tell what has come of a message that is not whole yet.
  Object.defineProperty(client.stream, 'bytesRead', { get: () => socket?.bytesRead ?? 0 });
  return client;
}

function secure(options: ConnectionOptions): Socket {
  const socket = connectTls(options);
  socket.setNoDelay(true);
  return socket;
}

function clientOptions(options: BrokerClientOptions, { username, password }: BrokerCredentials): IClientOptions {
  const {
    version,
    clientId,
    keepAliveSeconds,
    connectTimeoutMs,
    sessionExpirySeconds = STANDARD_EXPIRY_S,
    receiveMaximum,
  } = options;
  return {
    protocolId: 'MQTT',
    protocolVersion: version === '5' ? 5 : 4,
    clientId,
    // The broker keeps the session, and what it could not deliver, while we are away.
    clean: false,
    ...(version === '5'
      ? {
          properties: {
            sessionExpiryInterval: sessionExpirySeconds,
            ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
            requestProblemInformation: true,
          },
        }
      : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    keepalive: keepAliveSeconds,
    // It only tells the broker of it; see heartbeat.ts.
    timerVariant: { set: () => 0, clear: () => undefined },
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // By default it writes to the console, log-in included, when the variable DEBUG asks for it.
    log: () => undefined,
  };
}
