/** The configuration of a connection to an MQTT broker: the keys and rules that all of its users share. */
import { z } from 'zod';
import { connectionName, isLoopback, whole } from '../config/fields.ts';
import { nameOrSecret, secret } from '../config/references.ts';
import { rule, type Report } from '../config/rules.ts';
import { checkTls, tlsSchema, type TlsSetting } from '../config/tls.ts';
import { covers } from './topic-filter.ts';

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/** Address of a broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
export const brokerUrl = () =>
  z.string().superRefine((text, context) => {
    const problem = brokerUrlProblem(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function brokerUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || text.trim() !== text || url.hostname === '') {
    return 'must be a whole URL, for example "mqtts://broker.example.com:8883"';
  }
  if (!SCHEMES.includes(url.protocol)) return 'must begin with mqtt://, mqtts://, ws:// or wss://';
  if (url.username !== '' || url.password !== '') return 'must hold no user or password; they belong into credentials';
  if (url.port === '0') return 'must name a port between 1 and 65535, or none for the usual one';
  if (url.hash !== '') return 'must have no fragment (#)';
  if (/^mqtts?:$/.test(url.protocol) && (url.pathname.replace('/', '') !== '' || url.search !== '')) {
    return 'must have no path and no query; only ws:// and wss:// have one';
  }
  return undefined;
}

const DEFAULT_EXPIRY_S = 86_400;

/** Keys of a connection. */
export const connectionKeys = {
  name: connectionName().describe(
    'Name of the connection, unique among its kind. It is part of every FQN that dashboards store, so it should never change.',
  ),
  url: brokerUrl().describe(
    'Address of the broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`, with a port if it is not the default port.',
  ),
  tls: tlsSchema('the broker').prefault({}).describe('TLS, for `mqtts://` and `wss://`.'),
  keepAliveSeconds: whole(1, 65_535)
    .default(30)
    .describe('Seconds without a message after which both sides check the connection.'),
  connectTimeoutMs: whole(100, 120_000)
    .default(10_000)
    .describe('Time of one attempt to connect, log-in included, in milliseconds.'),
  sessionExpirySeconds: whole(0, 4_294_967_295)
    .default(DEFAULT_EXPIRY_S)
    .describe(
      'How long a broker of MQTT 5 keeps the session, and the messages for it, while the driver is disconnected.',
    ),
};

/** A user with a password. */
export const userPasswordSchema = z.strictObject({
  user: nameOrSecret(1024).optional().describe('Name of the user. May be plain text here.'),
  password: secret().optional().describe('Password of the user.'),
});

interface ConnectionKeys {
  readonly url: string;
  readonly tls: TlsSetting;
  readonly credentials?: object | undefined;
}

/** Whether the address of a broker is one without TLS. */
export const isPlain = (url: string): boolean => /^(?:mqtt|ws):/i.test(url);

/** The rule of a connection: TLS only where there is some, and a warning where there is none. */
export const connectionRule = () =>
  rule<ConnectionKeys, never>([], ({ url, tls, credentials = {} }, report) => {
    if (!report.isValid('url')) return;
    const { protocol } = new URL(url);
    const secure = protocol === 'ws:' ? 'wss' : 'mqtts';
    if (report.isValid('tls')) {
      checkTls(tls, isPlain(url) ? `${secure}://, but url is ${protocol}//` : undefined, report);
    }
    if (!isPlain(url) || isLoopback(url)) return;
    const login = Object.keys(credentials).length > 0 ? 'the log-in and ' : '';
    report.warning(['url'], `is ${protocol}//: ${login}all data travel unencrypted; use ${secure}://`);
  });

interface SessionKeys {
  readonly version: '3.1.1' | '5';
  readonly sessionExpirySeconds: number;
}

/** The rule of a session: whether its expiry has an effect, and whether messages can be lost. */
export const sessionRule = () =>
  rule<SessionKeys, 'version' | 'sessionExpirySeconds'>(
    ['version', 'sessionExpirySeconds'],
    ({ version, sessionExpirySeconds }, report) => {
      const path = ['sessionExpirySeconds'];
      if (version === '3.1.1' && sessionExpirySeconds !== DEFAULT_EXPIRY_S) {
        report.problem(path, 'only goes with version 5; in 3.1.1 the broker decides');
      } else if (sessionExpirySeconds === 0) {
        const message =
          'is 0: the broker forgets the session, and the messages for it, with each break of the connection';
        report.warning(path, message);
      }
    },
  );

/** Beyond this number the comparison of all pairs takes too long. */
export const MOST_COMPARED = 1000;

/** An entry of a list that is searched for the first one whose filter matches a topic. */
interface FilteredEntry {
  readonly filter: string;
  /** Leaves topics that do not match it to the entries after it. */
  readonly pattern?: string | undefined;
}

/**
 * Reports each entry whose topics all go to an earlier one, so that it has no effect.
 * @param entries those that are valid, with their positions
 * @param key of the filter in an entry
 */
export function reportUnreachable(
  entries: readonly (FilteredEntry & { readonly at: number })[],
  key: 'filter' | 'topic',
  report: Report,
): void {
  const wide: { filter: string; at: number }[] = [];
  const narrow = new Map<string, number>();
  for (const { filter, pattern, at } of entries) {
    const earlier = narrow.get(filter) ?? wide.find((one) => covers(one.filter, filter))?.at;
    if (pattern === undefined && !/[+#]/.test(filter)) narrow.set(filter, narrow.get(filter) ?? at);
    else if (pattern === undefined && wide.length < MOST_COMPARED) wide.push({ filter, at });
    if (earlier === undefined) continue;
    const message = `is never reached: ${report.at(earlier)} takes all of its topics; put the narrower entry first`;
    report.problem([at, key], message);
  }
}

/** The usual ports of one broker: plain, with TLS and over WebSocket. */
const USUAL_PORTS = ['', '80', '443', '1883', '8883', '9001', '9010'];

/** The same text for the same broker, as far as its valid URL shows. */
export function brokerOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname.toLowerCase()}:${USUAL_PORTS.includes(port) ? 'usual' : port}`;
}
