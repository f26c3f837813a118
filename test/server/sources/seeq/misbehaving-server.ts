/** A tiny real HTTP server for what the simulator is too well behaved for. It gives a session to everybody who asks. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RudeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  token: string | undefined;
  body: string;
}

export interface RudeAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text. */
  body?: unknown;
}

export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

/** Starts a server whose every call but the log-in is answered by `answer`; undefined takes the log-in too. */
export async function answering(
  answer: (request: RudeRequest) => RudeAnswer,
  logIn: (request: RudeRequest) => RudeAnswer = () => ({ headers: { 'x-sq-auth': 'rude-token' }, body: {} }),
): Promise<string> {
  return raw((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const seen: RudeRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      token: request.headers['x-sq-auth'] as string | undefined,
      body,
    };
    const given = url.pathname.endsWith('/auth/login') ? logIn(seen) : answer(seen);
    const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? {});
    response.writeHead(given.status ?? 200, { 'content-type': MEDIA_TYPE, ...given.headers });
    response.end(text);
  });
}

type Listener = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** Starts a server that answers by itself, until the end of the test. */
export async function raw(listener: Listener): Promise<string> {
  const { url, close } = await serve(listener);
  onTestFinished(close);
  return url;
}

export interface RudeServer {
  readonly url: string;
  readonly close: () => void;
}

/** The same, until it is closed. */
export async function serve(listener: Listener): Promise<RudeServer> {
  const server = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      listener(request, response, Buffer.concat(parts).toString());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Starts a server that speaks no HTTP at all. */
export async function speaking(connected: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    connected(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address on which nothing listens. */
export async function closedAddress(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
