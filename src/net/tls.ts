/** TLS to an HTTP server. Certificates are read again for each connection, so that new ones apply at once. */
import { buildConnector } from 'undici';
import { DriverError } from '../contract/errors.ts';

/** A secret or a file, read again for each use. Its error names the location, never the content, and is safe to log. */
export interface TextSource {
  reveal(): string | Promise<string>;
}

/** TLS settings for a server, for HTTP and for MQTT. */
export interface TlsSources {
  /** PEM of the authorities to trust instead of the public ones. */
  readonly caFile?: TextSource | undefined;
  readonly certFile?: TextSource | undefined;
  readonly keyFile?: TextSource | undefined;
  /** Host name in the certificate, if it differs from the one in the URL. */
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
}

export interface FreshTlsOptions extends TlsSources {
  readonly connectTimeoutMs: number;
  /** Name of the server in errors: `Server "plant"`. */
  readonly label: string;
}

/** Connects with the current certificates. Open connections stay as they are. */
export function freshConnector(options: FreshTlsOptions): buildConnector.connector {
  const { serverName } = options;
  let known: { readonly from: string; readonly connect: buildConnector.connector } | undefined;
  const current = async (): Promise<buildConnector.connector> => {
    const files = await readFiles(options);
    const from = JSON.stringify(files);
    // A connector caches TLS sessions, so it is reused until a file has changed.
    if (known?.from !== from) {
      const connect = buildConnector({
        ...files,
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: !options.insecureSkipVerify,
        timeout: options.connectTimeoutMs,
        // One call per connection: a call that hangs can be cut off without the others.
        allowH2: false,
      });
      known = { from, connect };
    }
    return known.connect;
  };
  return (target, callback) => {
    current().then(
      (connect) => {
        // undici passes the host of the URL, which would override the name in the options.
        const { servername: _host, ...rest } = target;
        connect(serverName === undefined ? target : { ...rest, servername: serverName }, callback);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

/** The current files in the form that Node expects. @throws Error that names the location and no content */
export async function readPems({ caFile, certFile, keyFile }: TlsSources) {
  const [ca, cert, key] = await Promise.all([caFile?.reveal(), certFile?.reveal(), keyFile?.reveal()]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readFiles(options: FreshTlsOptions) {
  try {
    return await readPems(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `${options.label} cannot be reached, because a certificate cannot be read: ${why}. It is read again at the next call.`;
    throw new DriverError('sourceUnavailable', text, { cause: error });
  }
}
