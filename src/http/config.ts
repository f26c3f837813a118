/** `settings.http`: the HTTP server for probes, metrics and the status page. */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { isLoopback, listenHost, whole } from '../config/fields.ts';
import { type Resolved, secret, unless } from '../config/references.ts';
import { rule } from '../config/rules.ts';
import { listenerTlsSchema } from '../config/tls.ts';

/** As in a header `Authorization: Bearer` of RFC 6750. Shorter tokens can be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{16,1024}$/;

const tokenProblem = (text: string, name: string): string | undefined =>
  TOKEN.test(text)
    ? undefined
    : `${name} holds no token: write 16 to 1024 letters, digits or signs of -._~+/= in one line, for example from "openssl rand -hex 32"`;

const headerName = () =>
  z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { message: 'must be the name of a header: letters, digits and hyphens' });

/** A URL without credentials, query and path: the page links to paths from the root. */
const publicUrl = () =>
  z.string().refine((text) => /^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}\/?$/.test(text) && URL.canParse(text), {
    message: 'must be the URL of a server without a path, such as https://seeqdrv.example.com',
  });

/** An address, or a network as `10.0.0.0/8`. */
const network = () =>
  z.string().refine((text) => networkOf(text) !== undefined, {
    message: 'must be an IP address, or a network such as 10.0.0.0/8',
  });

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function networkOf(text: string): Network | undefined {
  const [address = '', length] = text.split('/', 2);
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? longest : Number(length);
  return bits > longest ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The addresses of these networks. They are valid. */
export function addressesIn(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const { address, bits, family } = networkOf(text) ?? { address: text, bits: 0, family: 'ipv4' };
    list.addSubnet(address, bits, family);
  }
  return list;
}

/** Whether only this machine itself can reach an address. */
export const isLocalAddress = (address: string): boolean =>
  isLoopback(`http://${isIP(address) === 6 ? `[${address}]` : address}`);

export const httpSchema = z
  .strictObject({
    port: whole(0, 65_535).describe('Port to listen at; 0 for any free port.'),
    address: listenHost()
      .default('127.0.0.1')
      .describe('Address to listen at. By default only this machine can connect; `0.0.0.0` or `::` for all.'),
    token: secret(unless(tokenProblem))
      .optional()
      .describe('Token that a client must send as `Authorization: Bearer`, or in the log-in form of the status page.'),
    tls: listenerTlsSchema().optional().describe('Makes the server accept TLS only.'),
    access: z
      .enum(['guarded', 'open'])
      .default('guarded')
      .describe(
        'Who may read probes and metrics: `guarded` as the status page, `open` everyone who can connect. The status page is never open to other machines.',
      ),
    trustedHeader: headerName()
      .optional()
      .describe(
        'Header in which a reverse proxy names the user that it has authenticated. The proxy must remove it from requests of its clients.',
      ),
    trustedProxies: z
      .array(network())
      .default(['127.0.0.1', '::1'])
      .describe('Addresses or networks of the proxies whose `trustedHeader` counts.'),
    publicUrl: publicUrl()
      .optional()
      .describe(
        'URL under which browsers reach the status page, if it is not that of the address, for example behind a proxy. A browser that opens the address of the seneye receiver is led there.',
      ),
    hostNames: z
      .array(z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/, { message: 'must be a host name' }))
      .default([])
      .describe(
        'Names in the URL of the status page, if a proxy on this machine passes them on. Connections from this machine may otherwise use `localhost` or an IP address only, so that no other website can read the page by a name of its own (DNS rebinding).',
      ),
  })
  .check(
    rule([], ({ address, token, trustedHeader, access }, report) => {
      if (!report.isValid('address') || !report.isValid('access') || isLocalAddress(address)) return;
      if (token !== undefined || trustedHeader !== undefined || access === 'open') return;
      const message =
        'is reachable by other machines, and nothing protects it: add a token or a trustedHeader, or set access to "open" to show probes and metrics (and no page) to everyone';
      report.problem(['address'], message);
    }),
    rule(['address', 'tls', 'token'], ({ address, tls, token }, report) => {
      if (token === undefined || tls !== undefined || isLocalAddress(address)) return;
      report.warning(['token'], 'travels unencrypted without tls: anyone on the way can read it');
    }),
  );

/** A configured server. Its token and certificates are read again for every use. */
export type HttpConfig = Resolved<z.output<typeof httpSchema>>;
