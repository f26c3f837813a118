/** One connection attempt: a separate client, with all of its automatic behavior switched off. */
import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';
import { connect, MqttClient, type IClientOptions } from 'mqtt';
import { openTunnel } from '../net/proxy.ts';
import { readPems, type TlsSources } from '../net/tls.ts';
import type { BrokerCredentials, BrokerClientOptions, BrokerOptions } from './client-options.ts';
import { BrokerError, type AttemptFacts } from './errors.ts';

/** Default session expiry: one day. */
export const STANDARD_EXPIRY_S = 86_400;

const standardPorts: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };

/** The options that an attempt needs before it logs in. */
export type AttemptOptions = BrokerOptions &
  Pick<BrokerClientOptions, 'label' | 'version' | 'clientId' | 'credentials'>;

/** Facts about an attempt, known before it starts. */
export function attemptFacts(options: AttemptOptions): AttemptFacts {
  const { url, tls, label, version, clientId, connectTimeoutMs } = options;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    ...{ label, version, clientId, host },
    // Without path and query, which can contain a token.
    where: `${protocol}//${hostname}:${port === '' ? (standardPorts[protocol] ?? 0) : port}`,
    tlsName: tls.serverName ?? host,
    tls: /^(mqtts|wss):$/.test(protocol),
    webSocket: /^wss?:$/.test(protocol),
    timeoutMs: connectTimeoutMs,
  };
}

/** Inputs that each attempt reads again. */
export interface Fresh {
  readonly credentials: BrokerCredentials;
  readonly tls: ConnectionOptions;
  /** Connection to the broker through the proxy. */
  readonly tunnel?: Socket | undefined;
}

/**
 * Reads the current credentials and certificates, and then connects through the proxy.
 * @throws BrokerError if reading fails; its message names the location and no content
 * @throws ProxyError
 */
export async function readFresh(options: AttemptOptions, facts: AttemptFacts): Promise<Fresh> {
  const [credentials, tls] = await Promise.all([
    options.credentials().catch((error: unknown) => {
      // An error of the credentials function is more specific: the service that issues the credentials may be
      // unavailable.
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
    // TLS does not allow an IP address as server name indication.
    servername: isIP(facts.tlsName) === 0 ? facts.tlsName : '',
    rejectUnauthorized: !insecureSkipVerify,
    ...(serverName === undefined
      ? {}
      : { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) }),
  };
}

/**
 * Starts the attempt. Its errors arrive as events of the client. For TCP and TLS the stream is created here, because
 * the client's own code reads environment variables and may change the scheme.
 */
export function dial(options: BrokerClientOptions, fresh: Fresh): MqttClient {
  const { protocol, hostname, pathname, search } = new URL(options.url);
  const settings = clientOptions(options, fresh.credentials);
  const target = targetOf(options);
  if (protocol === 'mqtt:' || protocol === 'mqtts:') return new MqttClient(() => openSocket(options, fresh), settings);
  const { tunnel } = fresh;
  let socket: Socket | undefined;
  const client = connect({
    ...settings,
    protocol: protocol === 'wss:' ? 'wss' : 'ws',
    ...{ hostname, port: target.port, path: `${pathname}${search}` },
    wsOptions: {
      // The library ends the connection on a message beyond its own 100 MiB limit, and the broker then resends the
      // message indefinitely.
      maxPayload: 0,
      ...{ ...fresh.tls, perMessageDeflate: false, handshakeTimeout: options.connectTimeoutMs },
      ...(tunnel === undefined
        ? {}
        : {
            createConnection: () =>
              protocol === 'wss:' ? connectTls({ host: target.host, ...fresh.tls, socket: tunnel }) : tunnel,
          }),
      finishRequest: (request) => {
        request.once('socket', (one) => {
          socket = one;
        });
        request.end();
      },
    },
  });
  // A WebSocket stream does not report the received bytes of an incomplete message.
  Object.defineProperty(client.stream, 'bytesRead', { get: () => socket?.bytesRead ?? 0 });
  return client;
}

/** Opens the connection to an `mqtt:` or `mqtts:` address. */
export function openSocket(options: Pick<BrokerClientOptions, 'url'>, { tls }: Pick<Fresh, 'tls'>): Socket {
  const target = targetOf(options);
  return new URL(options.url).protocol === 'mqtts:'
    ? secure({ ...target, ...tls })
    : connectTcp({ ...target, noDelay: true });
}

function targetOf({ url }: Pick<BrokerClientOptions, 'url'>): { host: string; port: number } {
  const { protocol, hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (standardPorts[protocol] ?? 0) };
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
    clean = false,
    sessionExpirySeconds = STANDARD_EXPIRY_S,
    receiveMaximum,
  } = options;
  return {
    protocolId: 'MQTT',
    protocolVersion: version === '5' ? 5 : 4,
    clientId,
    // The broker keeps the session and undelivered messages while the driver is disconnected.
    clean,
    ...(version === '5'
      ? {
          properties: {
            sessionExpiryInterval: clean ? 0 : sessionExpirySeconds,
            ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
            requestProblemInformation: true,
          },
        }
      : {}),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    keepalive: keepAliveSeconds,
    // This only announces the keep-alive to the broker; see heartbeat.ts.
    timerVariant: { set: () => 0, clear: () => undefined },
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // By default the library logs to the console, including credentials, if the variable DEBUG is set.
    log: () => undefined,
  };
}
