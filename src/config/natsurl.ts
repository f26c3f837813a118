/** One NATS server in `natsurl`. */
export interface NatsAddress {
  /** Host name or IP address; IPv6 in brackets. */
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  /** The scheme as written. A bare `host:port` counts as `tls`. */
  readonly scheme: 'tls' | 'nats';
}

/** Why a part of `natsurl` is not a valid address. */
export interface NotAnAddress {
  readonly problem: string;
}

/** Default port of a NATS server. */
const DEFAULT_PORT = 4222;
const HOST = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?\.?|\[[0-9a-f:.]+\])$/iu;

/**
 * Parses `natsurl`: one or more addresses with commas between, each `host`, `host:port`, `tls://…` or `nats://…`.
 * IOTA's samples have no scheme ("mon.example.com:443"), which means TLS.
 */
export function parseNatsUrl(text: string): (NatsAddress | NotAnAddress)[] {
  return text.split(',').map((part) => parseAddress(part.trim()));
}

/** Whether a part of `natsurl` is a valid address. */
export function isAddress(part: NatsAddress | NotAnAddress): part is NatsAddress {
  return 'host' in part;
}

function parseAddress(text: string): NatsAddress | NotAnAddress {
  if (text === '') return { problem: 'an address is empty (is there a comma too many?)' };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'tls' && scheme !== 'nats') {
    return { problem: `scheme ${scheme}:// is not supported; write host:port or tls://host:port` };
  }
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
  if (rest.includes('@')) return { problem: 'must contain no user or token; the driver logs in with its NKey' };
  const match = /^(\[[^\]]*\]|[^:/?#]*)(?::([0-9]+))?\/?$/.exec(rest);
  const host = match?.[1] ?? '';
  if (!match || !HOST.test(host)) return { problem: 'must be host:port, for example "mon.example.com:443"' };
  const port = match[2] === undefined ? DEFAULT_PORT : Number(match[2]);
  if (port < 1 || port > 65_535) return { problem: 'the port must be between 1 and 65535' };
  return { host, port, scheme: scheme ?? 'tls' };
}
