/** The configuration file of a nats-server under test. */
import type { UserKey } from './keys.ts';

/** Permissions of one user; subjects as nats-server spells them. */
export interface Permissions {
  publish?: { allow?: string[]; deny?: string[] };
  subscribe?: { allow?: string[]; deny?: string[] };
  /** Lets a responder answer on the reply subject of what it received. */
  allowResponses?: boolean;
}

export interface NatsUser extends Pick<UserKey, 'publicKey'> {
  permissions?: Permissions;
}

export interface ServerConfig {
  host: string;
  /** -1 lets nats-server choose a free one. */
  port: number;
  users?: NatsUser[] | undefined;
  tls?: { certFile: string; keyFile: string; handshakeFirst?: boolean } | undefined;
  maxPayload?: number | undefined;
  jetstreamFolder?: string | undefined;
  /** Text put at the end of the file as it is. */
  extra?: string | undefined;
}

/** nats-server reads JSON as well as its own syntax, and JSON needs no quoting rules of ours. */
export function renderServerConfig(config: ServerConfig): string {
  const { tls, users } = config;
  const file: Record<string, unknown> = {
    host: config.host,
    port: config.port,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            cert_file: tls.certFile,
            key_file: tls.keyFile,
            timeout: 5,
            ...(tls.handshakeFirst === undefined ? {} : { handshake_first: tls.handshakeFirst }),
          },
        }),
    ...(users === undefined ? {} : { authorization: { timeout: 5, users: users.map(renderUser) } }),
    ...(config.maxPayload === undefined ? {} : { max_payload: config.maxPayload }),
    ...(config.jetstreamFolder === undefined ? {} : { jetstream: { store_dir: config.jetstreamFolder } }),
  };
  const lines = Object.entries(file).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [...lines, config.extra ?? '', ''].join('\n');
}

function renderUser({ publicKey, permissions }: NatsUser): object {
  if (permissions === undefined) return { nkey: publicKey };
  const { publish, subscribe, allowResponses } = permissions;
  return {
    nkey: publicKey,
    permissions: {
      ...(publish === undefined ? {} : { publish }),
      ...(subscribe === undefined ? {} : { subscribe }),
      ...(allowResponses === undefined ? {} : { allow_responses: allowResponses }),
    },
  };
}
