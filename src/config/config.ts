import type { NatsAddress } from './natsurl.ts';
import type { IngestFile } from './ingest/schema.ts';
import type { Resolved } from './resolve-refs.ts';
import type { ProxyConfig } from './proxy.ts';
import type { ConfigFile, Limits } from './schema.ts';
import type { ServerFile } from './schema-server.ts';
import type { Secret, SecretSource } from './secret.ts';

/** How the driver logs in to a Seeq server. Secrets are read again for every login. */
export type Credentials =
  | { readonly kind: 'accessKey'; readonly accessKey: SecretSource; readonly password: SecretSource }
  | {
      readonly kind: 'user';
      readonly user: Secret | SecretSource;
      readonly password: SecretSource;
      readonly directory: string;
    };

/** One Seeq server, ready to use: with defaults, secrets and authorities. */
export interface ServerConfig extends Omit<ServerFile, 'credentials' | 'caFile' | 'url' | 'proxy'> {
  /** Root of the server, without a trailing slash: `https://seeq.example.com` or `https://proxy/seeq`. */
  readonly url: string;
  readonly credentials: Credentials;
  /** PEM of the authorities to trust instead of the public ones. Read again for every connection. */
  readonly ca?: SecretSource;
  /** HTTP proxy for the connections to it. */
  readonly proxy?: ProxyConfig;
}

/** The connection to NATS, ready to use. */
export interface BusConfig extends Omit<ConfigFile['settings']['bus'], 'caFile' | 'keyFile' | 'insecure'> {
  /** At least one. */
  readonly addresses: readonly NatsAddress[];
  /** Whether connections use TLS. False only with `nats://` addresses and the explicit permission. */
  readonly tls: boolean;
  /** PEM of the authorities to trust instead of the public ones. Read again for every connection. */
  readonly ca?: SecretSource;
  /** The NKey seed of the driver's user. Read again for every connection. */
  readonly seed: SecretSource;
}

/** The feeds, ready to use. Secrets and certificates are read again for every use. */
export type IngestConfig = Omit<Resolved<IngestFile>, 'iotopen'> & {
  readonly iotopen: readonly (Omit<Resolved<IngestFile>['iotopen'][number], 'proxy'> & {
    /** HTTP proxy for the connections to the platform. */
    readonly proxy?: ProxyConfig;
  })[];
};

/** The whole configuration, ready to use: the documented top-level keys, and the resolved settings. */
export interface Config extends Omit<ConfigFile, 'settings' | 'natsurl'> {
  readonly servers: readonly ServerConfig[];
  readonly limits: Limits;
  readonly bus: BusConfig;
  /** Absent where the driver has no feed. */
  readonly ingest?: IngestConfig;
}
