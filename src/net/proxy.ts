/** HTTP proxies: every connection to a server is a tunnel (CONNECT) through the proxy. */
import { type buildConnector, Client } from 'undici';
import type { TextSource } from './tls.ts';
import { networkError } from './network-errors.ts';
import { ProxyError } from './proxy-errors.ts';

export interface HttpProxy {
  /** Scheme, host and port, without credentials. */
  readonly url: string;
  readonly user?: TextSource | undefined;
  readonly password?: TextSource | undefined;
}

/**
 * Connects through a proxy.
 * @param secure connects to the server; for TLS it receives the tunnel
 * @param connectTimeoutMs timeout of the proxy connection, and again of its answer
 */
export function throughProxy(
  proxy: HttpProxy,
  secure: buildConnector.connector,
  connectTimeoutMs: number,
): buildConnector.connector {
  return (target, callback) => {
    openTunnel(proxy, target, connectTimeoutMs).then(
      (socket) => {
        if (target.protocol === 'https:') secure({ ...target, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

type Socket = NonNullable<buildConnector.Options['httpSocket']>;

/**
 * Opens a tunnel to a server through a proxy.
 * @param target host of the server, with the port if it is not the default of the scheme (`https:`, `wss:` or plain)
 * @throws ProxyError
 */
export async function openTunnel(
  proxy: HttpProxy,
  { hostname, port, protocol }: { readonly hostname: string; readonly port: string; readonly protocol: string },
  connectTimeoutMs: number,
): Promise<Socket> {
  const client = new Client(proxy.url, {
    connect: { timeout: connectTimeoutMs, allowH2: false },
    headersTimeout: connectTimeoutMs,
  });
  const address = `${hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname}:${port === '' ? (/^(https|wss):$/.test(protocol) ? 443 : 80) : port}`;
  try {
    const headers = { host: address, ...(await authorization(proxy)) };
    const { statusCode, socket } = await client.connect({
      path: address,
      headers,
      signal: AbortSignal.timeout(2 * connectTimeoutMs),
    });
    // From here on the HTTP client no longer owns the socket of the tunnel.
    if (statusCode >= 200 && statusCode < 300) return socket as unknown as Socket;
    socket.on('error', () => undefined).destroy();
    throw refused(proxy, statusCode);
  } catch (error) {
    if (error instanceof ProxyError) throw error;
    const why = networkError(error)?.advice ?? 'it does not answer in time.';
    throw new ProxyError(`the proxy ${proxy.url} cannot be used: ${why}`, { cause: error });
  } finally {
    client.close().catch(() => undefined);
  }
}

async function authorization({ user, password }: HttpProxy): Promise<Record<string, string>> {
  if (user === undefined) return {};
  const login = `${await user.reveal()}:${(await password?.reveal()) ?? ''}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(login, 'utf8').toString('base64')}` };
}

function refused({ url, user }: HttpProxy, status: number): ProxyError {
  if (status === 407) {
    const advice =
      user === undefined ? 'give "user" and "password" of "proxy"' : 'check "user" and "password" of "proxy"';
    return new ProxyError(`the proxy ${url} refuses the log-in (407); ${advice}.`);
  }
  if (status === 403) return new ProxyError(`the proxy ${url} does not allow connections to it (403).`);
  const passing = [429, 502, 503, 504].includes(status);
  return new ProxyError(`the proxy ${url} cannot connect to it (${status}).`, { passing });
}
