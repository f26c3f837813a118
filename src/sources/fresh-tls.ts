/** TLS to a server over HTTP, with certificates that are read again for each connection, so that new ones are used at once. */
import { buildConnector } from 'undici';
import { DriverError } from '../contract/errors.ts';

/** A secret or a file, read again for each use; its error names the place, never the content, and is fit for a log. */
export interface TextSource {
  reveal(): string | Promise<string>;
}

export interface FreshTlsOptions {
  /** PEM of the authorities to trust instead of the public ones. */
  readonly ca?: TextSource | undefined;
  readonly cert?: TextSource | undefined;
  readonly key?: TextSource | undefined;
  /** Host name in the certificate, where it differs from the one in the URL. */
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly connectTimeoutMs: number;
  /** How errors name the server: `Server "plant"`. */
  readonly label: string;
}

/** Connects with the certificates as they are at that moment. Connections that are open already stay. */
export function freshConnector(options: FreshTlsOptions): buildConnector.connector {
  const { serverName } = options;
  let known: { readonly from: string; readonly connect: buildConnector.connector } | undefined;
  const current = async (): Promise<buildConnector.connector> => {
    const files = await readFiles(options);
    const from = JSON.stringify(files);
    // A connector keeps TLS sessions, so the same one serves until a file has changed.
    if (known?.from !== from) {
      const connect = buildConnector({
        ...files,
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: !options.insecureSkipVerify,
        timeout: options.connectTimeoutMs,
        // One call a connection: a call that hangs is cut off without the others.
        allowH2: false,
      });
      known = { from, connect };
    }
    return known.connect;
  };
  return (target, callback) => {
    current().then(
      (connect) => {
        // undici names the host of the URL, which would win over the name in the options.
        const { servername: _host, ...rest } = target;
        connect(serverName === undefined ? target : { ...rest, servername: serverName }, callback);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

async function readFiles({ ca, cert, key, label }: FreshTlsOptions) {
  try {
    const [caText, certText, keyText] = await Promise.all([ca?.reveal(), cert?.reveal(), key?.reveal()]);
    return {
      ...(caText === undefined ? {} : { ca: caText }),
      ...(certText === undefined ? {} : { cert: certText }),
      ...(keyText === undefined ? {} : { key: keyText }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `${label} cannot be reached, because a certificate cannot be read: ${why}. It is read again at the next call.`;
    throw new DriverError('sourceUnavailable', text, { cause: error });
  }
}
