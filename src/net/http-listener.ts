/** An HTTP(S) server: retries until it can listen, and limits what a slow or malicious client can occupy. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { delayMs, type RetryDelays } from '../lib/backoff.ts';
import type { Logger } from '../contract/log.ts';
import { ConnectionLimits } from './connection-limits.ts';

/** A text that is read again for each use. */
interface ReadAgain {
  reveal(): Promise<string>;
}

/** Certificate and key of a listener. */
export interface ListenerTls {
  readonly certFile: ReadAgain;
  readonly keyFile: ReadAgain;
}

/** Where it listens, and what clients may occupy. */
export interface ListenerConfig {
  /** Address or name of this machine. Undefined: all addresses. */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: ListenerTls | undefined;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Time that a client has for its whole request. */
  readonly requestTimeoutMs: number;
  /** Time after which a connection without traffic is closed, also while its client does not read. Default: none. */
  readonly idleTimeoutMs?: number | undefined;
  /** Whether HTTP 1.1 requests without a Host header are refused. */
  readonly needsHost: boolean;
}

/** The words for its messages. */
export interface ListenerNames {
  /** In a sentence: `the seneye listener`. */
  readonly listener: string;
  /** Location of its port in the configuration. */
  readonly portKey: string;
  /** Location of its address in the configuration. */
  readonly hostKey: string;
  /** What an operator can do if too many connections are needed. */
  readonly limits: string;
}

/** Where a listener is, and the words for its messages. */
export interface ListenerPlace {
  readonly config: Pick<ListenerConfig, 'host' | 'port' | 'tls'>;
  readonly names: ListenerNames;
}

export interface ListenerOptions extends ListenerPlace {
  readonly config: ListenerConfig;
  readonly logger: Logger;
  /** Handles a request. `goOn` asks a client that waits for it to send the body. Never rejects. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse, goOn: () => void) => void;
  /** Called for incomplete requests: too slow, not HTTP, too many connections. */
  readonly onBroken: () => void;
  /** Called when it listens, and with the reason why it does not. */
  readonly onState: (state: 'up' | 'down', message?: string) => void;
  /** Interval of checks for new certificate files. Default: one minute. */
  readonly renewMs?: number | undefined;
  /** Delay between two attempts to listen. */
  readonly retry?: RetryDelays | undefined;
}

const RETRY = { minMs: 1000, maxMs: 30_000 };
const RENEW_MS = 60_000;
const MOST_HEADER_BYTES = 8192;
/** Most requests on one connection. */
const MOST_REQUESTS = 100;
/** Node still counts connections that are being closed, and silently closes new ones beyond its own limit. */
const CLOSING_CONNECTIONS = 100;

export class HttpListener {
  readonly #options: ListenerOptions;
  readonly #limits: ConnectionLimits;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;
  #connections = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { config, names, logger, onBroken } = options;
    const { maxConnections: total, maxConnectionsPerAddress: perAddress } = config;
    this.#limits = new ConnectionLimits({ ...{ total, perAddress, names, logger }, onClosed: onBroken });
  }

  /** Connections accepted since the start. */
  get connections(): number {
    return this.#connections;
  }

  /** The listening address. Undefined while it does not listen. */
  get address(): AddressInfo | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? (address ?? undefined) : undefined;
  }

  /** A request proved who its client is: its address has priority over unknown ones from now on. */
  trust({ socket }: IncomingMessage): void {
    this.#limits.trust(socket.remoteAddress);
  }

  /** Starts and returns at once. */
  start(): void {
    void this.#open();
  }

  /** Accepts no new connections, and closes the inactive ones. */
  refuse(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#renewal);
    this.#server?.close();
  }

  /** Ends all connections. */
  close(): void {
    this.refuse();
    this.#server?.closeAllConnections();
  }

  async #open(): Promise<void> {
    const { config, names, logger, onState, retry = RETRY } = this.#options;
    try {
      const server = await this.#listen();
      if (this.#stopped) {
        server.close();
        return;
      }
      this.#server = server;
      this.#failures = 0;
      const { address, port } = this.address ?? {};
      const facts = { address, port, tls: config.tls !== undefined };
      logger.info(facts, `${sentence(names.listener)} listens at port ${port}`);
      onState('up');
    } catch (error) {
      if (this.#stopped) return;
      onState('down', `${failureText(error, this.#options)} The driver keeps trying.`);
      this.#retry = setTimeout(() => void this.#open(), delayMs(this.#failures++, retry));
    }
  }

  async #listen(): Promise<Server> {
    const { config, onRequest, onBroken } = this.#options;
    const server = await this.#create();
    server.maxConnections = config.maxConnections + CLOSING_CONNECTIONS;
    server.maxRequestsPerSocket = MOST_REQUESTS;
    server.timeout = config.idleTimeoutMs ?? 0;
    const take = (request: IncomingMessage, response: ServerResponse, goOn: () => void): void => {
      const { socket } = request;
      let state: 'incomplete' | 'working' | 'over' = 'incomplete';
      request.once('end', () => {
        if (state !== 'incomplete') return;
        state = 'working';
        this.#limits.works(socket);
      });
      response.once('close', () => {
        if (state === 'working') this.#limits.rests(socket);
        state = 'over';
      });
      onRequest(request, response, goOn);
    };
    server.on('request', (request, response) => {
      take(request, response, () => undefined);
    });
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      take(request, response, () => {
        response.writeContinue();
      });
    });
    server.on('connection', (socket: Socket) => {
      this.#connections++;
      this.#limits.add(socket);
    });
    server.on('drop', onBroken);
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      this.#options.onBroken();
      endBroken(error, socket);
    });
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    // Permanent: an error event without a listener ends the process.
    server.on('error', reject);
    server.listen({ port: config.port, ...(config.host === undefined ? {} : { host: config.host }) }, () => {
      resolve(undefined);
    });
    await promise;
    return server;
  }

  async #create(): Promise<Server> {
    const { config, names, logger, renewMs = RENEW_MS } = this.#options;
    const { tls, requestTimeoutMs } = config;
    const rules: ServerOptions = {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      // Node's default interval is 30 seconds.
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      maxHeaderSize: MOST_HEADER_BYTES,
      requireHostHeader: config.needsHost,
    };
    if (tls === undefined) return createServer(rules);
    let used = await readPair(tls);
    const server = createTlsServer({ ...rules, ...used, handshakeTimeout: requestTimeoutMs, minVersion: 'TLSv1.2' });
    server.on('tlsClientError', () => {
      this.#options.onBroken();
    });
    clearInterval(this.#renewal);
    let logged: string | undefined;
    const renew = async (): Promise<void> => {
      try {
        const pair = await readPair(tls);
        if (pair.cert === used.cert && pair.key === used.key) return;
        server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
        used = pair;
        logged = undefined;
        logger.info({}, `${sentence(names.listener)} uses its new certificate`);
      } catch (error) {
        const text = textOf(error);
        if (text !== logged) logger.warn({ err: error }, `${sentence(names.listener)} keeps its old certificate`);
        logged = text;
      }
    };
    this.#renewal = setInterval(() => void renew(), renewMs);
    this.#renewal.unref();
    return server;
  }
}

/** Reads the current certificate and key, and checks that they match. */
export async function readPair(tls: ListenerTls): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([tls.certFile.reveal(), tls.keyFile.reveal()]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    // OpenSSL's text names the kind of error, never the key.
    throw new Error(`Certificate and key of the listener cannot be used (${textOf(error)}).`, { cause: error });
  }
  return { cert, key };
}

/** Node's own answers, except for a client that was answered already or has gone. */
function endBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || answered.has(socket)) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** Connections whose request was answered before its end. A second answer would count for the next request. */
const answered = new WeakSet<Socket>();

/** Records that a request was answered before its end. */
export function answeredEarly({ socket }: IncomingMessage): void {
  answered.add(socket);
}

/** Cause and remedy of a listener that cannot start. */
export function failureText(error: unknown, { config, names }: ListenerPlace): string {
  const { host, port } = config;
  const listener = sentence(names.listener);
  const place = `port ${port}${host === undefined ? '' : ` of ${host}`}`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `${listener} cannot use ${place}: another program does. Choose another in ${names.portKey}, or end that program.`;
    case 'EACCES':
      return `${listener} may not use ${place}. Choose one above 1023 in ${names.portKey}, or allow it.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host ?? ''}. Correct ${names.hostKey}, or leave it out.`;
    default:
      return `${listener} cannot start. ${textOf(error)}`;
  }
}

/** As the beginning of a sentence. */
const sentence = (noun: string): string => `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
