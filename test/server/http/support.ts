/** An HTTP server of the driver for a test, and requests as a client sends them. */
import { once } from 'node:events';
import { Agent, request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { SecretSource } from '../../../src/config/secret.ts';
import type { HttpConfig } from '../../../src/http/config.ts';
import { Guard } from '../../../src/http/guard.ts';
import type { Route } from '../../../src/http/route.ts';
import { HttpServer } from '../../../src/http/server.ts';
import { TestLog } from '../bus/support.ts';
import { eventually } from '../../support/eventually.ts';

export const CONFIG: HttpConfig = {
  ...{ port: 0, address: '127.0.0.1', access: 'guarded' },
  ...{ trustedProxies: ['127.0.0.1', '::1'], hostNames: [] },
};

const RETRY = { minMs: 20, maxMs: 50 };

/** A token that a test can change. */
export const tokenOf = (read: () => string): SecretSource => new SecretSource(async () => read());

/** Starts a server with these routes; it ends with the test. @param waits until it listens */
export async function serverForTest(
  routes: readonly Route[],
  config: Partial<HttpConfig> = {},
  { waits = true }: { waits?: boolean } = {},
) {
  const log = new TestLog();
  const given = { ...CONFIG, ...config };
  const server = new HttpServer({ config: given, guard: new Guard(given), routes, logger: log, retry: RETRY });
  server.start();
  onTestFinished(() => server.stop());
  if (waits) {
    await eventually(() => {
      expect(server.address).toBeDefined();
    });
  }
  const port = server.address?.port ?? 0;
  return { server, log, port, get: (path: string, options: RequestOptions = {}) => get(port, path, options) };
}

export interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One request on a connection of its own. */
export async function get(port: number, path: string, options: RequestOptions = {}): Promise<Got> {
  const sent = requestPlain({ host: '127.0.0.1', port, path, agent: new Agent(), ...options });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

/** Sends bytes and returns everything that comes back until the end of the connection. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(bytes);
  return text(socket);
}
