/** `settings.ingest.iotopen[]`: a platform of IoT Open (Lynx). */
import { z } from 'zod';
import { freshSecret, ownFile, plainName, webRoot, whole } from '../fields.ts';
import { SENSITIVE } from '../../lib/explain.ts';
import { proxySchema } from '../proxy.ts';
import { brokerUrl, connectionKeys, mqttTlsSchema } from './connection.ts';

const credentialsSchema = z.strictObject({
  apiKey: freshSecret().optional().describe('An API key of the platform, alone. The simplest log-in for a service.'),
  token: freshSecret().optional().describe('A token of a log-in, alone; it is used like an API key.'),
  user: z
    .union([plainName(1024), freshSecret()])
    .optional()
    .describe('Name of an account, with `password`. May be plain text here.'),
  password: freshSecret().optional().describe('Password of the account.'),
  clientId: z
    .union([plainName(1024), freshSecret()])
    .optional()
    .describe('Id of an OAuth 2 client, with `clientSecret` and `refreshToken`. May be plain text here.'),
  clientSecret: freshSecret().optional().describe('Secret of the OAuth 2 client.'),
  refreshToken: freshSecret().optional().describe('Refresh token of OAuth 2.'),
  tokenFile: ownFile()
    .optional()
    .describe(
      'File for a token of the platform. With `user`: where `iota-seeqdrv iotopen-login` writes the token of an account with a second factor; the driver only reads it. With OAuth 2: where the driver stores the refresh token that replaces the configured one, if the platform replaces it at each use. It is the only file that the driver writes.',
    ),
});

const mqttSchema = z.strictObject({
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
});

/** `backfill`: which part of the platform's log is read. */
export const backfillSchema = z.strictObject({
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
});

export const iotOpenSchema = z.strictObject({
  name: connectionKeys.name,
  url: webRoot().describe('Root of the platform as in a browser, for example `https://lynx.iotopen.se`.'),
  tls: mqttTlsSchema.prefault({}).describe('TLS, for REST and for MQTT.'),
  credentials: credentialsSchema
    .meta({ [SENSITIVE]: true })
    .describe(
      'How the driver logs in, for REST and for MQTT: `apiKey`, or `token`, or `user` and `password`, or `clientId`, `clientSecret` and `refreshToken`.',
    ),
  proxy: proxySchema
    .optional()
    .describe(
      'HTTP proxy for REST and for MQTT over WebSocket: an object with `url` (`http://proxy.example.com:3128`) and, if the proxy needs a log-in, `user` (text or a reference) and `password` (a reference to a secret); `false` for none. Connections are tunnels (CONNECT). By default the proxy of the variables `HTTPS_PROXY` (for https) or `HTTP_PROXY` (for http), unless `NO_PROXY` names the platform. An `mqtt.url` with `mqtt://` or `mqtts://` is used without a proxy.',
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
  connectTimeoutMs: whole(100, 120_000).default(10_000).describe('Time to connect for one REST call, in milliseconds.'),
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
});

export type IotOpenFile = z.output<typeof iotOpenSchema>;
