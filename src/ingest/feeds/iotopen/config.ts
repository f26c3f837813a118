/** `settings.ingest.iotopen[]`: a platform of IoT Open (Lynx). */
import { z } from 'zod';
import { isLoopback, plainName, webRoot, whole } from '../../../config/fields.ts';
import { proxySetting } from '../../../config/proxy.ts';
import { nameOrSecret, ownFile, secret, type Resolved } from '../../../config/references.ts';
import { rule } from '../../../config/rules.ts';
import { checkTls, tlsSchema } from '../../../config/tls.ts';
import { SENSITIVE } from '../../../lib/wording/explain.ts';
import { brokerUrl, connectionKeys, isPlain, sessionRule } from '../../../mqtt/config.ts';

/** The auth methods, each with all required keys. */
const METHODS = [['apiKey'], ['token'], ['user', 'password'], ['clientId', 'clientSecret', 'refreshToken']] as const;

const credentialsSchema = z
  .strictObject({
    apiKey: secret().optional().describe('An API key of the platform, alone. The simplest log-in for a service.'),
    token: secret().optional().describe('A token of a log-in, alone; it is used like an API key.'),
    user: nameOrSecret(1024).optional().describe('Name of an account, with `password`. May be plain text here.'),
    password: secret().optional().describe('Password of the account.'),
    clientId: nameOrSecret(1024)
      .optional()
      .describe('Id of an OAuth 2 client, with `clientSecret` and `refreshToken`. May be plain text here.'),
    clientSecret: secret().optional().describe('Secret of the OAuth 2 client.'),
    refreshToken: secret().optional().describe('Refresh token of OAuth 2.'),
    tokenFile: ownFile()
      .optional()
      .describe(
        'File for a token of the platform. With `user`: where `iota-seeqdrv iotopen-login` writes the token of an account with a second factor; the driver only reads it. With OAuth 2: where the driver stores the refresh token that replaces the configured one, if the platform replaces it at each use. It is the only file that the driver writes.',
      ),
  })
  .check(
    rule([], (credentials, report) => {
      const has = (key: keyof typeof credentials): boolean => credentials[key] !== undefined;
      const begun = METHODS.filter((method) => method.some(has));
      if (begun.length !== 1 || begun[0]?.every(has) !== true) {
        const message =
          'must hold apiKey, or token, or user and password, or clientId, clientSecret and refreshToken, and only one of them';
        report.problem([], message);
      }
      if (has('tokenFile') && (has('apiKey') || has('token'))) {
        report.problem(['tokenFile'], 'only goes with user and password, or with OAuth 2');
      }
    }),
  );

const mqttSchema = z
  .strictObject({
    url: brokerUrl()
      .optional()
      .describe(
        "Address of the platform's broker, for example `mqtts://lynx.iotopen.se:8883`. By default MQTT over WebSocket at `/mqtt` below `url`, which uses the same proxies as REST.",
      ),
    version: z.enum(['3.1.1', '5']).default('5').describe('Version of MQTT.'),
    clientId: plainName(256)
      .refine((text) => !/[{}]/.test(text), { message: 'must hold no braces; no name is put in here' })
      .describe(
        'Id of the session at the broker; fixed, because the broker keeps undelivered messages under it. Two processes with the same id disconnect each other.',
      ),
    keepAliveSeconds: connectionKeys.keepAliveSeconds,
    connectTimeoutMs: connectionKeys.connectTimeoutMs,
    sessionExpirySeconds: connectionKeys.sessionExpirySeconds,
  })
  .check(sessionRule());

/** `backfill`: which part of the platform's log is read. */
const backfillSchema = z
  .strictObject({
    maxHours: z
      .number()
      .min(0)
      .max(8760)
      .default(24)
      .describe('How far back the log of the platform is read after an outage, in hours; 0 to read no log.'),
    atStartMinutes: z
      .number()
      .min(0)
      .max(525_600)
      .optional()
      .describe(
        'How far back the log is read when the driver starts, in minutes. By default nine tenths of `stream.duplicateWindowMs`, within which the stream recognizes readings that it already has; with a longer time readings may be in it twice. Without a stream it is 0.',
      ),
    overlapSeconds: whole(0, 3600)
      .default(10)
      .describe(
        'How much earlier than the backfill window the log is read, in seconds; readings that already exist are recognized.',
      ),
    pageRows: whole(1, 100_000).default(1000).describe('Values that the driver requests from the log in one call.'),
  })
  .check(
    rule(['maxHours', 'atStartMinutes'], ({ maxHours, atStartMinutes }, report) => {
      if (atStartMinutes === undefined || atStartMinutes <= maxHours * 60) return;
      const message = `must be at most backfill.maxHours, which is ${maxHours} (${maxHours * 60} minutes)`;
      report.problem(['atStartMinutes'], message);
    }),
  );

export const iotOpenSchema = z
  .strictObject({
    name: connectionKeys.name,
    url: webRoot().describe('Root of the platform as in a browser, for example `https://lynx.iotopen.se`.'),
    tls: tlsSchema('the platform').prefault({}).describe('TLS, for REST and for MQTT.'),
    credentials: credentialsSchema
      .meta({ [SENSITIVE]: true })
      .describe(
        'How the driver logs in, for REST and for MQTT: `apiKey`, or `token`, or `user` and `password`, or `clientId`, `clientSecret` and `refreshToken`.',
      ),
    proxy: proxySetting(
      'for REST and for MQTT over WebSocket',
      'the platform',
      ' An `mqtt.url` with `mqtt://` or `mqtts://` is used without a proxy.',
    ),
    installations: z
      .array(whole(0, Number.MAX_SAFE_INTEGER))
      .min(1)
      .optional()
      .describe('Client ids of the installations to read. By default all that are assigned to the account.'),
    types: z
      .array(z.string().min(1).max(256))
      .min(1)
      .optional()
      .describe('Types of functions to read, such as `temperature`. By default all.'),
    mqtt: mqttSchema.describe('The connection for live values.'),
    requestTimeoutMs: whole(100, 600_000)
      .default(30_000)
      .describe(
        'Longest time of one REST call, from its start to the last byte of its answer, in milliseconds; the log of the platform can be slow.',
      ),
    connectTimeoutMs: whole(100, 120_000)
      .default(10_000)
      .describe('Time to connect for one REST call, in milliseconds.'),
    snapshot: z
      .boolean()
      .default(true)
      .describe(
        'Whether the newest value of each function is read at start and after each reconnect. Values that have not changed for a long time are then published again at each start.',
      ),
    backfill: backfillSchema.prefault({}).describe('Reads missed values from the log of the platform.'),
    refreshDelayMs: whole(0, 600_000)
      .default(2000)
      .describe('How long the driver waits for further changes before it reads the catalogue again, in milliseconds.'),
    refreshEveryMinutes: whole(1, 35_000)
      .default(60)
      .describe('How often the catalogue is read without a notice of a change, in minutes.'),
  })
  .check(
    rule(['url'], ({ url }, report) => {
      if (/\/api(\/v2)?\/*$/.test(url)) {
        report.warning(['url'], 'ends with the path of the API, which the driver adds itself; leave it out');
      }
      if (/^http:/i.test(url) && !isLoopback(url)) {
        report.warning(['url'], 'is http://: the log-in and all data travel unencrypted');
      }
    }),
    rule(['mqtt'], ({ mqtt: { url } }, report) => {
      if (url === undefined || !isPlain(url) || isLoopback(url)) return;
      report.warning(['mqtt', 'url'], 'is not encrypted: the log-in and all data travel in the clear');
    }),
    rule(['url', 'mqtt', 'tls'], ({ url, mqtt, tls }, report) => {
      const plain = /^http:/i.test(url) && (mqtt.url === undefined || isPlain(mqtt.url));
      checkTls(tls, plain ? 'https://, or wss:// or mqtts://' : undefined, report);
    }),
  );

/** A configured platform. Its secrets and certificates are read again for every use. */
export type IotOpenConfig = Resolved<z.output<typeof iotOpenSchema>>;

/** The same before its references are replaced. */
export type IotOpenFile = z.output<typeof iotOpenSchema>;
