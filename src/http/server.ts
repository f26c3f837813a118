/** The HTTP server of the driver: finds the route of a request by its exact path, asks the guard, and answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { limited, type Logger } from '../contract/log.ts';
import type { RetryDelays } from '../lib/backoff.ts';
import { StatusReporter } from '../lib/status-reporter.ts';
import { withTimeout } from '../lib/timeout.ts';
import { answeredEarly, HttpListener } from '../net/http-listener.ts';
import type { HttpConfig } from './config.ts';
import type { Guard } from './guard.ts';
import type { Route } from './route.ts';
import { sendText } from './send.ts';

export interface HttpServerOptions {
  readonly config: HttpConfig;
  readonly guard: Guard;
  readonly routes: readonly Route[];
  /** Path of the log-in form, to which browsers are led. */
  readonly loginPath?: string | undefined;
  readonly logger: Logger;
  /** Delay between two attempts to listen. */
  readonly retry?: RetryDelays | undefined;
}

/** Clients are few: probes, Prometheus, some browsers, perhaps all of them through one proxy. */
const MOST_CONNECTIONS = 200;
const MOST_PER_ADDRESS = 100;
const REQUEST_MS = 5000;
/** Longer than the interval at which an event stream must write. */
const IDLE_MS = 30_000;
/** Time for the last answers. */
const GOODBYE_MS = 500;

/** The words for its messages. */
export const NAMES = {
  listener: 'the HTTP server',
  portKey: 'settings.http.port',
  hostKey: 'settings.http.address',
  limits: 'Its clients should be probes, Prometheus and some browsers.',
};

/** Headers of every answer. A page replaces the policy with its own. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #listener: HttpListener;
  readonly #status: StatusReporter<'starting' | 'up' | 'down'>;
  /** By path and method. */
  readonly #routes = new Map<string, Map<string, Route>>();
  readonly #active = new Set<Promise<void>>();
  /** The last request of each connection. */
  readonly #last = new WeakMap<Socket, Promise<void>>();

  constructor(options: HttpServerOptions) {
    const { config, logger, routes, retry } = options;
    this.#options = options;
    for (const route of routes) {
      const methods = this.#routes.get(route.path) ?? new Map<string, Route>();
      methods.set(route.method ?? 'GET', route);
      this.#routes.set(route.path, methods);
    }
    let wasDown = false;
    this.#status = new StatusReporter<'starting' | 'up' | 'down'>({
      initial: 'starting',
      log: ({ state, message = '' }) => {
        // The recovery is logged at every level at which the problem was logged.
        if (state === 'down') limited(logger).error('http server', {}, message);
        else if (wasDown) limited(logger).notice('http server', {}, 'The HTTP server listens now.');
        wasDown = state === 'down';
      },
    });
    this.#listener = new HttpListener({
      config: {
        ...{ host: config.address, port: config.port, tls: config.tls, needsHost: true },
        ...{ maxConnections: MOST_CONNECTIONS, maxConnectionsPerAddress: MOST_PER_ADDRESS },
        ...{ requestTimeoutMs: REQUEST_MS, idleTimeoutMs: IDLE_MS },
      },
      ...{ names: NAMES, logger, retry },
      onRequest: (request, response) => {
        this.#serve(request, response);
      },
      onBroken: () => undefined,
      onState: (state, message) => {
        this.#status.report(state, message);
      },
    });
  }

  /** The listening address. Undefined while it does not listen. */
  get address(): AddressInfo | undefined {
    return this.#listener.address;
  }

  /** Why it does not listen. Undefined if it does. */
  get problem(): string | undefined {
    return this.#status.message;
  }

  /** Starts and returns at once. A port that is taken is reported, and tried again: the driver works without it. */
  start(): void {
    this.#listener.start();
  }

  /** Accepts no new requests, and ends the connections. */
  async stop(): Promise<void> {
    this.#listener.refuse();
    await withTimeout(GOODBYE_MS, Promise.all(this.#active));
    this.#listener.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const served = this.#inTurn(request, response, this.#last.get(socket));
    this.#last.set(socket, served);
    this.#active.add(served);
    void served.finally(() => this.#active.delete(served));
  }

  /**
   * Requests of a pipeline are answered one after the other, so that only one answer is in memory for a client that
   * reads none.
   */
  async #inTurn(request: IncomingMessage, response: ServerResponse, previous: Promise<void> | undefined) {
    const { socket } = request;
    if (previous !== undefined) await previous;
    if (socket.destroyed) return;
    const { promise: over, resolve } = Promise.withResolvers<undefined>();
    const end = (): void => {
      resolve(undefined);
    };
    response.once('close', end);
    socket.once('close', end);
    await this.#reply(request, response);
    await over;
    socket.off('close', end);
  }

  /** Never rejects. */
  async #reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that disconnects is not an error of the driver.
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    try {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      await this.#answer(request, response);
    } catch (error) {
      limited(this.#options.logger).error('http fault', { err: error }, 'An HTTP request could not be answered');
      if (response.headersSent) response.destroy();
      else refuse(request, response, 500, 'The request could not be answered; the log of the driver has the reason.');
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { guard } = this.#options;
    const [path = ''] = (request.url ?? '').split('?', 1);
    const methods = this.#routes.get(path);
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const route = methods?.get(method);
    const admission = await guard.admit(request, route?.access ?? 'public');
    if (!admission.admitted) {
      this.#refuse(request, response, admission.status, admission.message);
    } else if (methods === undefined) {
      refuse(request, response, 404, 'There is nothing at this path.');
    } else if (route === undefined) {
      const allowed = [...methods.keys()].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ');
      response.setHeader('Allow', allowed);
      refuse(request, response, 405, `This path takes ${allowed}.`);
    } else if (method === 'GET' && hasBody(request)) {
      refuse(request, response, 413, 'The request must have no body.');
    } else {
      if (method === 'GET') request.resume();
      await route.handle(request, response, admission.client);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
    const { loginPath, guard } = this.#options;
    const isPage = (request.headers.accept ?? '').includes('text/html');
    if (status === 401 && guard.hasLogin && loginPath !== undefined && isPage && request.method === 'GET') {
      response.setHeader('Location', loginPath);
      refuse(request, response, 303, message);
      return;
    }
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="iota-seeqdrv"');
    refuse(request, response, status, message);
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Answers with a text. A body that was not asked for ends the connection, so that it is not read as a request. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  if (hasBody(request)) {
    answeredEarly(request);
    response.setHeader('Connection', 'close');
  } else request.resume();
  sendText(response, status, `${message}\n`);
}
