/** The HTTP proxy for a server: from its configuration, otherwise from the usual environment variables. */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { webRoot } from './fields.ts';
import { nameOrSecret, secret, type Resolvable } from './references.ts';
import { Secret, type SecretSource } from './secret.ts';

const proxyObject = z.strictObject({
  url: webRoot().describe('Address of the proxy: `http://proxy.example.com:3128`.'),
  user: nameOrSecret(256).optional().describe('User at the proxy, if it needs one. May be plain text here.'),
  password: secret().optional().describe('Password of that user.'),
});

/** `proxy` of a server, before the environment is known. The resolver replaces it by a `ProxyConfig`. */
export class ProxySetting implements Resolvable<ProxyConfig | undefined> {
  declare readonly resolved: ProxyConfig | undefined;
  /** Undefined: the proxy of the environment applies, if there is one. False: none. */
  readonly given: z.output<typeof proxyObject> | false | undefined;

  constructor(given: z.output<typeof proxyObject> | false | undefined) {
    this.given = given;
  }
}

/**
 * The key `proxy` of an object that has the address of the server in `url`.
 * @param what the connections that use it
 * @param server the server as a noun with its article
 */
export const proxySetting = (what: string, server: string, more = '') =>
  z
    .union([z.literal(false), proxyObject])
    .optional()
    .transform((given) => new ProxySetting(given))
    .describe(
      `HTTP proxy ${what}: an object with \`url\` (\`http://proxy.example.com:3128\`) and, if the proxy needs a log-in, \`user\` (text or a reference) and \`password\` (a reference to a secret); \`false\` for none. Connections are tunnels (CONNECT). By default the proxy of the variables \`HTTPS_PROXY\` (for https) or \`HTTP_PROXY\` (for http), unless \`NO_PROXY\` names ${server}.${more}`,
    );

/** A proxy, ready to use. */
export interface ProxyConfig {
  /** Scheme, host and port, without credentials. */
  readonly url: string;
  readonly user?: Secret | SecretSource | undefined;
  readonly password?: Secret | SecretSource | undefined;
  /** The key or variable that sets it. */
  readonly from: string;
}

/** A proxy in a list of connections. Empty if there is none. */
export const proxyText = (proxy: ProxyConfig | undefined): string =>
  proxy === undefined ? '' : `, through the proxy ${proxy.url} (${proxy.from})`;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment sets for an address. Undefined if there is none. As usual, HTTPS_PROXY applies to
 * https and HTTP_PROXY to http, NO_PROXY lists exceptions, lower case takes precedence, and this machine itself needs
 * no proxy.
 * @throws Error that names the variable, never its content, if it is not a valid address
 */
export function environmentProxy(target: string, env: Environment): ProxyConfig | undefined {
  const { protocol, hostname, port } = new URL(target);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const from = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`].find((name) => (env[name] ?? '') !== '');
  if (from === undefined || isThisMachine(host)) return undefined;
  const usualPort = scheme === 'https' ? '443' : '80';
  if (isException(host, port === '' ? usualPort : port, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const text = (env[from] ?? '').trim();
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`the variable ${from} must name an HTTP proxy, for example http://proxy.example.com:3128`);
  }
  const credentials =
    url.username === ''
      ? {}
      : { user: new Secret(decodedText(url.username)), password: new Secret(decodedText(url.password)) };
  return { url: url.origin, from, ...credentials };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Entries are hosts including their subdomains, with or without a port, addresses, networks, or `*` for everything. */
function isException(host: string, port: string, list: string): boolean {
  return list
    .slice(0, 10_000)
    .toLowerCase()
    .split(/[,\s]/)
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*') return true;
      const slash = entry.indexOf('/');
      if (slash > 0) return isInNetwork(host, entry.slice(0, slash), Number(entry.slice(slash + 1)));
      const [, name = '', only] = /^\[?(.*?)\]?(?::(\d{1,5}))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      if (only !== undefined && only !== port) return false;
      const suffix = name.replace(/^\*?\./, '');
      return host === suffix || host.endsWith(`.${suffix}`);
    });
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !(bits >= 0 && bits <= (family === 6 ? 128 : 32))) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  block.addSubnet(network, bits, type);
  return block.check(host, type);
}

function decodedText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
