/** `settings.ingest.seneye`: the receiver of seneye's Local Data Exchange (LDE), one listener for all senders. */
import { z } from 'zod';
import { connectionName, DAY_MS, KiB, listenHost, MINUTE_MS, plainName, whole } from '../../../config/fields.ts';
import { secret, type Resolved } from '../../../config/references.ts';
import { rule, type Report } from '../../../config/rules.ts';
import { listenerTlsSchema } from '../../../config/tls.ts';
import { nameKey, reportRepeated } from '../../../config/uniqueness.ts';

/** The path of a URL as in a request line. */
const urlPath = () =>
  z.string().regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]{0,254}$/, {
    message: 'must begin with / and hold no spaces, no query (?) and no fragment (#)',
  });

/** A sensor (SUD) of a source. */
const deviceSchema = z.strictObject({
  id: plainName(64).describe('Id of the device (SUD) as in its posts, usually 32 hexadecimal digits.'),
  name: plainName(64).optional().describe('Name for people, in place of the name that the device reports.'),
  secret: secret()
    .optional()
    .describe('Secret of this device, if it has its own. Its posts must then be signed with it.'),
});

/** A seneye app or web server (SCA, SWS) that posts. */
const sourceSchema = z
  .strictObject({
    source: z
      .string()
      .regex(/^[\x21-\x7e]{1,64}$/, {
        message: 'must be 1 to 64 letters, digits or signs without spaces, as in SWS_1234',
      })
      .describe('Id of the sender as in the header X-SENEYE: `SCA_…` or `SWS_…`. Case-sensitive.'),
    name: connectionName()
      .optional()
      .describe('Name of the connection, part of every FQN; should never change. By default the id of the sender.'),
    secret: secret()
      .optional()
      .describe('Secret that the settings of the sender show, unchanged. Read again for every post.'),
    devices: z
      .array(deviceSchema)
      .default([])
      .describe(
        'Devices to expect. Other devices of the same source are accepted too, but watched only from their first post on.',
      ),
  })
  .check(
    rule(['devices'], ({ devices }, report) => {
      // The ids in posts are not case-sensitive.
      const ids = devices.map(({ id }, at) => ({ key: id.toLowerCase(), path: ['devices', at, 'id'] }));
      reportRepeated(ids, report, ({ path }) => `is the same as ${report.at(...path)} (letter case does not count)`);
    }),
    rule(['secret', 'devices'], ({ secret: own, devices }, report) => {
      if (own !== undefined || devices.some((device) => device.secret !== undefined)) return;
      const message =
        'is missing: posts are checked by it. It may be left out only where devices have secrets of their own';
      report.problem(['secret'], message);
    }),
  );

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
    tls: listenerTlsSchema()
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
  .check(
    rule([], ({ sources }, report) => {
      if (Array.isArray(sources)) reportSameSources(sources, report);
    }),
  );

/** Two senders with one id or one name could not be distinguished. */
function reportSameSources(sources: readonly z.output<typeof sourceSchema>[], report: Report): void {
  const valid = sources.flatMap((entry, at) => (report.isValid('sources', at) ? [{ ...entry, at }] : []));
  const ids = valid.map(({ source, at }) => ({ key: source, path: ['sources', at, 'source'], at }));
  reportRepeated(ids, report, ({ at }) => `is the same source as that of ${report.at('sources', at)}`);
  // The same id has the same name.
  const first = new Map(ids.toReversed().map(({ key, at }) => [key, at]));
  const names = valid
    .filter(({ source, at }) => first.get(source) === at)
    .map(({ source, name = source, at }) => ({ key: nameKey(name), path: ['sources', at, 'name'], at }));
  reportRepeated(names, report, ({ at }) => `is the same name as that of ${report.at('sources', at)}`);
}

/** A configured listener. Its secrets and certificates are read again for every use. */
export type SeneyeConfig = Resolved<z.output<typeof seneyeSchema>>;
