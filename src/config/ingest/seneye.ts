/** `settings.ingest.seneye`: the receiver of seneye's Local Data Exchange (LDE), one listener for all senders. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { connectionName, freshSecret, pemFile, plainName, whole } from '../fields.ts';

const KiB = 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Where to listen: an address or a name of this machine. */
const listenHost = () =>
  z.string().refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text), {
    message: 'must be an IP address or host name of this machine, without a port',
  });

/** The path of a URL as in a request line. */
const urlPath = () =>
  z.string().regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]{0,254}$/, {
    message: 'must begin with / and hold no spaces, no query (?) and no fragment (#)',
  });

/**
 * Certificate and key of the listener. Both files are read again every minute, so that a renewed certificate is used.
 */
const listenerTlsSchema = z.strictObject({
  certFile: pemFile().describe(
    'PEM file of the certificate, with the intermediate certificates. Relative to the configuration file.',
  ),
  keyFile: pemFile().describe('PEM file of its private key.'),
});

/** A sensor (SUD) of a source. */
const deviceSchema = z.strictObject({
  id: plainName(64).describe('Id of the device (SUD) as in its posts, usually 32 hexadecimal digits.'),
  name: plainName(64).optional().describe('Name for people, in place of the name that the device reports.'),
  secret: freshSecret()
    .optional()
    .describe('Secret of this device, if it has its own. Its posts must then be signed with it.'),
});

/** A seneye app or web server (SCA, SWS) that posts. */
const sourceSchema = z.strictObject({
  source: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, {
      message: 'must be 1 to 64 letters, digits or signs without spaces, as in SWS_1234',
    })
    .describe('Id of the sender as in the header X-SENEYE: `SCA_…` or `SWS_…`. Case-sensitive.'),
  name: connectionName()
    .optional()
    .describe('Name of the connection, part of every FQN; should never change. By default the id of the sender.'),
  secret: freshSecret()
    .optional()
    .describe('Secret that the settings of the sender show, unchanged. Read again for every post.'),
  devices: z
    .array(deviceSchema)
    .default([])
    .describe(
      'Devices to expect. Other devices of the same source are accepted too, but watched only from their first post on.',
    ),
});

const rateLimitSchema = z.strictObject({
  burst: whole(1, 100_000).default(30).describe('Posts that may arrive at once.'),
  perSecond: z
    .number()
    .min(0.001)
    .max(10_000)
    .default(1)
    .describe('Posts that may arrive in a second in the long term.'),
});

export const seneyeSchema = z
  .strictObject({
    host: listenHost()
      .optional()
      .describe(
        'Address to listen at. By default all addresses of this machine, because the senders are other machines; every post must be signed.',
      ),
    port: whole(0, 65_535).default(7878).describe('Port to listen at; 0 for any free port.'),
    path: urlPath().default('/localexchange/endpoint').describe('Path of the URL that is entered in the sender.'),
    tls: listenerTlsSchema
      .optional()
      .describe('Makes the listener accept TLS only. seneye documents plain HTTP only; use it for a proxy.'),
    strict: z
      .boolean()
      .default(false)
      .describe(
        'Accept only what seneye documents: exactly this path and exactly the content type `application/jose`. Otherwise parameters of the type, a slash at the end of the path and a query are ignored.',
      ),
    sources: z.array(sourceSchema).min(1).describe('The known senders.'),
    outOfWater: z
      .enum(['questionable', 'omit'])
      .default('questionable')
      .describe(
        'How to handle values that a device measured out of water: `questionable` gives them this status, `omit` omits them. `inWater` is published in both cases.',
      ),
    staleAfterMs: whole(1000, 7 * DAY_MS)
      .default(65 * MINUTE_MS)
      .describe(
        'Time without a post of a device after which the feed is `silent`, in milliseconds. A device posts about every 30 minutes.',
      ),
    successStatus: z
      .literal([200, 202, 204])
      .default(200)
      .describe('HTTP status for a post whose readings are acknowledged.'),
    unknownSourceStatus: z.literal([401, 404]).default(404).describe('HTTP status for an unknown sender.'),
    badSignatureStatus: z.literal([400, 401]).default(401).describe('HTTP status for a post with a wrong signature.'),
    ackTimeoutMs: whole(100, 120_000)
      .default(10_000)
      .describe(
        'Time that the bus has to acknowledge the readings of a post, in milliseconds; then the sender gets 503. The driver continues to send them, and recognizes a repeated post.',
      ),
    requestTimeoutMs: whole(500, 120_000)
      .default(10_000)
      .describe('Time that a sender has for its whole request, in milliseconds.'),
    bodyBytes: whole(KiB, 1024 * KiB)
      .default(64 * KiB)
      .describe('Largest body of a post, in bytes.'),
    maxConnections: whole(1, 10_000)
      .default(100)
      .describe(
        'Connections of senders at once. Beyond it the connection that is idle for longest is closed; senders with a correctly signed post in the last day have priority.',
      ),
    maxConnectionsPerAddress: whole(1, 10_000)
      .default(10)
      .describe(
        'Connections of one address at once (of one /64 network with IPv6). Behind a reverse proxy all senders have the address of the proxy: set it to `maxConnections` there.',
      ),
    maxWaiting: whole(1, 10_000)
      .default(500)
      .describe('Posts of all sources that wait for the bus at once; beyond it senders get 503 at once.'),
    rateLimit: rateLimitSchema
      .prefault({})
      .describe(
        'Applies to the posts of each source; to its posts with wrong signatures, by address; and to all unknown sources together. Beyond it senders get 429.',
      ),
  })
  .superRefine(({ sources }, context) => {
    const seen = { source: new Map<string, number>(), name: new Map<string, number>() };
    for (const [index, entry] of sources.entries()) {
      const keys = { source: entry.source, name: (entry.name ?? entry.source).normalize('NFC').toLowerCase() };
      for (const key of ['source', 'name'] as const) {
        const other = seen[key].get(keys[key]);
        if (other === undefined) {
          seen[key].set(keys[key], index);
          continue;
        }
        const message = `is the same ${key} as that of settings.ingest.seneye.sources[${other}]`;
        context.addIssue({ code: 'custom', path: ['sources', index, key], message });
        // The same id has the same name.
        break;
      }
      // The ids in posts are not case-sensitive.
      const ids = entry.devices.map(({ id }) => id.toLowerCase());
      for (const [at, id] of ids.entries()) {
        if (ids.indexOf(id) === at) continue;
        context.addIssue({
          code: 'custom',
          path: ['sources', index, 'devices', at, 'id'],
          message: 'stands here twice (letter case does not count)',
        });
      }
      if (entry.secret === undefined && !entry.devices.some(({ secret }) => secret !== undefined)) {
        const message =
          'is missing: posts are checked by it. Only where devices have secrets of their own it may be left out';
        context.addIssue({ code: 'custom', path: ['sources', index, 'secret'], message });
      }
    }
  });

export type SeneyeFile = z.output<typeof seneyeSchema>;
