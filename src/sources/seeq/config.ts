/** `settings.servers[]`: a Seeq server. */
import { z } from 'zod';
import { SENSITIVE } from '../../lib/wording/explain.ts';
import { connectionName, isLoopback, webRoot, whole } from '../../config/fields.ts';
import { proxySetting } from '../../config/proxy.ts';
import { nameOrSecret, secret, type Resolved } from '../../config/references.ts';
import { rule } from '../../config/rules.ts';
import { checkTls, tlsSchema } from '../../config/tls.ts';

/**
 * How the driver authenticates to Seeq: an access key with its password, or a user of a directory. The keys show which
 * form is meant, so that errors refer to that form.
 */
const credentialsSchema = z
  .strictObject({
    accessKey: secret()
      .optional()
      .describe(
        "Id of a Seeq access key. Use a key of one of Seeq's Applications, which an administrator creates and which has its " +
          "own expiry; a personal access key stops working 14 days after its owner's last log-in in a browser " +
          '(24 hours in R58; an administrator can change that).',
      ),
    user: nameOrSecret(256)
      .optional()
      .describe('Name of a Seeq user, when no access key is used. May be plain text here.'),
    password: secret().describe(
      'Password of the access key or of the user. If it has fewer than 6 characters, or is a plain word of fewer than 16 ' +
        'letters, no text of the server is shown, because the password could be guessed from the gaps.',
    ),
    directory: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Directory of the user as Seeq names it ("Seeq" if absent); only with `user`.'),
  })
  .meta({ [SENSITIVE]: true, oneOf: [{ required: ['accessKey'] }, { required: ['user'] }] })
  .check(
    rule(['accessKey', 'user', 'directory'], ({ accessKey, user, directory }, report) => {
      if (accessKey !== undefined && user !== undefined) {
        report.problem([], 'must hold either accessKey or user, not both');
      } else if (accessKey === undefined && user === undefined) {
        report.problem([], 'must hold accessKey and password, or user and password');
      } else if (accessKey !== undefined && directory !== undefined) {
        report.problem(['directory'], 'only goes with user; an access key belongs to no directory');
      }
    }),
  );

/** The root of a server: without a slash at its end, and without the `/api` that every call adds. */
export const rootOf = (url: string): string => url.replace(/(?<!\/)\/+$/, '').replace(/(?<!\/)(?:\/+api)$/i, '');

export const serverSchema = z
  .strictObject({
    name: connectionName().describe(
      'Name of the connection, unique without regard to letter case. It is part of every FQN that dashboards store, so it should never change.',
    ),
    url: webRoot().describe(
      'Address of the server as in a browser, `https://seeq.example.com`; a path is allowed if a proxy needs one.',
    ),
    credentials: credentialsSchema.describe(
      'How the driver logs in: `accessKey` and `password`, or `user` and `password`.',
    ),
    tls: tlsSchema('the server').prefault({}).describe('TLS, for `https://`.'),
    proxy: proxySetting('through which the server is reached', 'the server'),
    concurrency: whole(1, 64).default(8).describe('Calls to this server that run at once.'),
    connectTimeoutMs: whole(10, 120_000).default(5000).describe('Time to connect, TLS included, in milliseconds.'),
    requestTimeoutMs: whole(10, 3_600_000).default(60_000).describe('Longest time of one call, in milliseconds.'),
    queueLimit: whole(0, 1_000_000)
      .default(10_000)
      .describe(
        'Calls that may wait for their turn; further ones are answered `overloaded`. One caller gets at most three quarters.',
      ),
  })
  .check(
    rule(['url'], ({ url }, report) => {
      if (/^http:/i.test(url) && !isLoopback(url)) {
        report.warning(['url'], 'is http://: the password and all data travel unencrypted');
      }
      if (/\/api\/*$/i.test(url)) {
        report.warning(['url'], 'ends with /api, which the driver adds itself; it is ignored');
      }
    }),
    rule(['url', 'tls'], ({ url, tls }, report) => {
      checkTls(tls, /^http:/i.test(url) ? 'https://' : undefined, report);
    }),
  );

/** A configured server. Its secrets and certificates are read again for every use. */
export type ServerConfig = Resolved<z.output<typeof serverSchema>>;
