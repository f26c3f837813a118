/** Diagnoses a server that does not answer as Seeq does, and suggests its correct address. */
import { isIP, connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DriverError } from '../../../contract/errors.ts';
import { networkError } from '../../../net/network-errors.ts';
import { UnreadableResponse } from '../../../net/unreadable-response.ts';

/** Timeout of one check of the listener. */
const LOOK_MS = 2000;

/** Statuses of a server without such a page, or that cannot parse the call. */
const NOT_SEEQ = new Set([400, 404, 405, 410, 421, 501]);

/**
 * The error of a first small call, with what was found instead of Seeq. The same error if nothing more is known.
 * @param direct there is no proxy in between, so the listener can be checked
 */
export async function withWhatAnswers(
  error: DriverError,
  server: string,
  url: string,
  direct: boolean,
): Promise<DriverError> {
  const found = await whatAnswers(error, url, direct);
  if (found === undefined) return error;
  return new DriverError('sourceUnavailable', `Server "${server}" is not found at ${url}: ${found}`, { cause: error });
}

async function whatAnswers(error: DriverError, url: string, direct: boolean): Promise<string | undefined> {
  const { status } = error.details ?? {};
  const isRefused = typeof status === 'number' && NOT_SEEQ.has(status);
  const root = new URL(url);
  if (direct && root.protocol === 'http:' && (isRefused || failedBelow(error)) && (await speaksTls(root))) {
    return `the server there expects TLS. Write "https://${addressOf(root, '80')}" as its "url".`;
  }
  if (direct && root.protocol === 'https:' && isTlsFailure(error) && (await speaksHttp(root))) {
    return `the server there answers without TLS. Write "http://${addressOf(root, '443')}" as its "url", or set up TLS.`;
  }
  if (isRefused) return `another web server answers there (status ${status}). ${ADVICE}`;
  if (error.cause instanceof UnreadableResponse && !error.cause.passing) {
    return `another web server answers there: ${error.cause.message.split(/[;?]/, 1)[0] ?? ''}. ${ADVICE}`;
  }
  return undefined;
}

const ADVICE =
  'Its "url" must be the address of Seeq as in a browser, such as "https://seeq.example.com", with no page behind it.';

/** With its port, even if it is the default of the scheme as written. */
const addressOf = ({ host, port }: URL, usual: string): string => (port === '' ? `${host}:${usual}` : host);

const failedBelow = (error: DriverError): boolean => {
  const failure = networkError(error.cause);
  return failure !== undefined && (failure.broken || failure.code.startsWith('HPE_'));
};

const isTlsFailure = (error: DriverError): boolean => /SSL|EPROTO|TLS/.test(networkError(error.cause)?.code ?? '');

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Whether a TLS handshake succeeds. Nothing is sent over it, so its certificate is not checked. */
function speaksTls(url: URL): Promise<boolean> {
  const host = hostOf(url);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ host, port: portOf(url), rejectUnauthorized: false, ...servername });
  return look(socket, (done) => {
    socket.once('secureConnect', () => {
      done(true);
    });
  });
}

function speaksHttp(url: URL): Promise<boolean> {
  const socket = connectPlain({ host: hostOf(url), port: portOf(url) });
  socket.write('HEAD / HTTP/1.0\r\n\r\n');
  return look(socket, (done) => {
    socket.once('data', (data) => {
      done(data.subarray(0, 5).toString('latin1') === 'HTTP/');
    });
  });
}

/** Resolves with false after an error, an end or a timeout. */
async function look(socket: Socket, listen: (done: (found: boolean) => void) => void): Promise<boolean> {
  const found = await new Promise<boolean>((resolve) => {
    listen(resolve);
    for (const event of ['error', 'close', 'timeout'] as const) {
      socket.once(event, () => {
        resolve(false);
      });
    }
    socket.setTimeout(LOOK_MS);
  });
  socket.on('error', () => undefined);
  socket.destroy();
  return found;
}
