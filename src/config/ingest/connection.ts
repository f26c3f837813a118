/** A connection to an MQTT broker: the keys that all kinds of MQTT feeds share. */
import { z } from 'zod';
import { connectionName, freshSecret, hostName, pemFile, plainName, whole } from '../fields.ts';

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

/** TLS settings in addition to the URL scheme. All files are read again for every connection attempt. */
export const mqttTlsSchema = z.strictObject({
  caFile: pemFile()
    .optional()
    .describe('PEM file of the authorities to trust instead of the public ones. Relative to the configuration file.'),
  certFile: pemFile().optional().describe('PEM file of the client certificate of the driver.'),
  keyFile: pemFile().optional().describe('PEM file of the private key of `certFile`.'),
  serverName: hostName()
    .optional()
    .describe('Host name that the certificate of the broker must have, if it differs from the one in `url`.'),
  insecureSkipVerify: z
    .boolean()
    .default(false)
    .describe(
      'Do not check the certificate of the broker. For a laboratory only: a man in the middle can read the password.',
    ),
});

/** Keys of a connection. */
export const connectionKeys = {
  name: connectionName().describe(
    'Name of the connection, unique among its kind. It is part of every FQN that dashboards store, so it should never change.',
  ),
  url: brokerUrl().describe(
    'Address of the broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`, with a port if it is not the default port.',
  ),
  tls: mqttTlsSchema.prefault({}).describe('TLS, for `mqtts://` and `wss://`.'),
  keepAliveSeconds: whole(1, 65_535)
    .default(30)
    .describe('Seconds without a message after which both sides check the connection.'),
  connectTimeoutMs: whole(100, 120_000)
    .default(10_000)
    .describe('Time of one attempt to connect, log-in included, in milliseconds.'),
  sessionExpirySeconds: whole(0, 4_294_967_295)
    .default(86_400)
    .describe(
      'How long a broker of MQTT 5 keeps the session, and the messages for it, while the driver is disconnected.',
    ),
};

/** A user with a password, both as references, or the user as text. */
export const userPasswordSchema = z.strictObject({
  user: z
    .union([plainName(1024), freshSecret()])
    .optional()
    .describe('Name of the user. May be plain text here.'),
  password: freshSecret().optional().describe('Password of the user.'),
});
