import type { NatsAddress } from './natsurl.ts';
import type { IngestFile } from './ingest/schema.ts';
import type { Resolved } from './resolve-refs.ts';
import type { ConfigFile, Limits } from './schema.ts';
import type { ServerFile } from './schema-server.ts';
import type { Secret } from './secret.ts';

/** How the driver logs in at a Seeq server. */
export type Credentials =
  | { readonly kind: 'accessKey'; readonly accessKey: Secret; readonly password: Secret }
  | { readonly kind: 'user'; readonly user: Secret; readonly password: Secret; readonly directory: string };

/** One Seeq server, ready to use: defaults filled in, secrets and authorities read. */
export interface ServerConfig extends Omit<ServerFile, 'credentials' | 'caFile' | 'url'> {
  /** Root of the server, without a slash at its end: `https://seeq.example.com` or `https://proxy/seeq`. */
  readonly url: string;
  readonly credentials: Credentials;
  /** PEM text of the authorities to trust instead of the public ones. */
  readonly ca?: string;
}

/** The connection to NATS, ready to use. */
export interface BusConfig extends Omit<ConfigFile['settings']['bus'], 'caFile' | 'insecure'> {
  /** At least one. */
  readonly addresses: readonly NatsAddress[];
  /** Whether connections use TLS. False only with `nats://` addresses and the explicit permission. */
  readonly tls: boolean;
  /** PEM text of the authorities to trust instead of the public ones. */
  readonly ca?: string;
  /** The NKey seed of the user whose public key is `publickey`. */
  readonly seed: Secret;
}

/** The feeds of device data, ready to use; secrets and certificates are read anew for every use. */
export type IngestConfig = Resolved<IngestFile>;

/** The whole configuration, ready to use: the documented top-level keys, and the settings resolved. */
export interface Config extends Omit<ConfigFile, 'settings' | 'natsurl'> {
  readonly servers: readonly ServerConfig[];
  readonly limits: Limits;
  readonly bus: BusConfig;
  /** Absent where no device data come in. */
  readonly ingest?: IngestConfig;
}
