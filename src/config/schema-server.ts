import { z } from 'zod';
import { SENSITIVE } from '../lib/explain.ts';
import { proxySchema } from './proxy.ts';
import { connectionName, filePath, secretRef, webRoot, whole } from './fields.ts';

/**
 * How the driver authenticates to Seeq: an access key with its password, or a user of a directory. The keys show which
 * form is meant, so that errors refer to that form.
 */
export const credentialsSchema = z
  .strictObject({
    accessKey: secretRef()
      .optional()
      .describe(
        "Id of a Seeq access key. Use a key of one of Seeq's Applications, which an administrator creates and which has its " +
          "own expiry; a personal access key stops working 14 days after its owner's last log-in in a browser " +
          '(24 hours in R58; an administrator can change that).',
      ),
    user: z
      .union([z.string().min(1).max(256), secretRef()])
      .optional()
      .describe('Name of a Seeq user, when no access key is used. May be plain text here.'),
    password: secretRef().describe(
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
  .meta({ [SENSITIVE]: true, oneOf: [{ required: ['accessKey'] }, { required: ['user'] }] });

/** One Seeq server. */
export const serverSchema = z.strictObject({
  name: connectionName().describe(
    'Name of the connection, unique without regard to letter case. It is part of every FQN that dashboards store, so it should never change.',
  ),
  url: webRoot().describe(
    'Address of the server as in a browser, `https://seeq.example.com`; a path is allowed if a proxy needs one.',
  ),
  credentials: credentialsSchema.describe(
    'How the driver logs in: `accessKey` and `password`, or `user` and `password`.',
  ),
  caFile: filePath()
    .optional()
    .describe('PEM file of the authorities to trust instead of the public ones. Relative to the configuration file.'),
  insecureSkipVerify: z
    .boolean()
    .default(false)
    .describe(
      'Do not check the certificate of the server. For a laboratory only: a man in the middle can read the password.',
    ),
  proxy: proxySchema
    .optional()
    .describe(
      'HTTP proxy through which the server is reached: an object with `url` (`http://proxy.example.com:3128`) and, if the proxy needs a log-in, `user` (text or a reference) and `password` (a reference to a secret); `false` for none. Connections are tunnels (CONNECT). By default the proxy of the variables `HTTPS_PROXY` (for https) or `HTTP_PROXY` (for http), unless `NO_PROXY` names the server.',
    ),
  concurrency: whole(1, 64).default(8).describe('Calls to this server that run at once.'),
  connectTimeoutMs: whole(10, 120_000).default(5000).describe('Time to connect, TLS included, in milliseconds.'),
  requestTimeoutMs: whole(10, 3_600_000).default(60_000).describe('Longest time of one call, in milliseconds.'),
  queueLimit: whole(0, 1_000_000)
    .default(10_000)
    .describe(
      'Calls that may wait for their turn; further ones are answered `overloaded`. One caller gets at most three quarters.',
    ),
});

/** A server as parsed. Secrets are still references. */
export type ServerFile = z.output<typeof serverSchema>;
