/** The keys at the top of the configuration file, and the file with the settings of the rooms in it. */
import { z } from 'zod';
import { HOUR_MS, isLoopback, natsUrl, subject, userPublicKey, whole } from './fields.ts';
import { isAddress, parseNatsUrl } from './natsurl.ts';
import type { Reference } from './references.ts';
import { rule, type Report } from './rules.ts';

const topic = (what: string) => subject().optional().describe(`${what} Not published if absent.`);
const period = (what: string, byDefault: number) =>
  whole(100, 24 * HOUR_MS)
    .default(byDefault)
    .describe(`How often ${what} are published, in milliseconds.`);

/** IOTA publishes the names and a sample of these keys, but no meaning. They have no effect without `settings.log.file`. */
const logFileKey = (byDefault: number, meaning: string) =>
  whole(0, Number.MAX_SAFE_INTEGER).default(byDefault).describe(`With \`settings.log.file\`: ${meaning}`);

/**
 * The configuration file, `iota.seeqdrv.json`. Top-level names, spelling, meaning and defaults are those that IOTA
 * documents for its drivers. IOTA publishes no defaults for `healthmsec`, `enablemetrics` and the keys of log files; they
 * follow its sample file.
 */
const topKeys = {
  driverid: z.string().max(128).optional().describe('Id of this driver in logs and in its messages.'),
  debug: whole(0, 3).default(0).describe('Log level: 0 errors, 1 also warnings, 2 also information, 3 everything.'),
  natsurl: natsUrl().describe(
    'Address of the NATS server as `host:port`, or several separated by commas. Connections use TLS. Port 4222 if none is given.',
  ),
  publickey: userPublicKey().describe(
    'NKey public key of the driver (56 characters, begins with U). The private key is in the file `privatekey.nk` beside this file.',
  ),
  reqtopic: subject().describe('Topic on which requests arrive, for example `us-east-1.site-a.seeq.request`.'),
  statstopic: topic('Topic for statistics.'),
  logstopic: topic('Topic for log lines.'),
  metricstopic: topic('Topic for metrics.'),
  metricsmsec: period('metrics and statistics', 30_000),
  healthtopic: topic('Topic for the health report, for example `iota.health`.'),
  healthmsec: period('health reports', 10_000),
  enablemetrics: z.boolean().default(true).describe('Whether metrics are published on `metricstopic`.'),
  logfilecount: logFileKey(10, 'how many full log files are kept beside the current one.'),
  logfilesize: logFileKey(2_097_152, 'size in bytes at which a log file is full and a new one begins; 0: no limit.'),
  logscanmsec: logFileKey(
    10_000,
    'how often the log file is checked, in milliseconds: a removed file is created again, and a file that could not be written is tried again; 0: only with the next line.',
  ),
};

/** The keys at the top, which IOTA documents. */
export type TopKeys = z.output<z.ZodObject<typeof topKeys>>;

/** What the loader reads of `settings`. */
interface LoadedSettings {
  readonly bus: { readonly insecure: boolean; readonly seed?: Reference | undefined };
}

/** A file as parsed, with defaults. Secrets are still references. */
export type ConfigFile = TopKeys & { readonly settings: LoadedSettings };

/** The whole file. @param settings the schema of `settings` */
export const configFile = (settings: z.ZodType) =>
  z.object({ ...topKeys, settings: settings.describe('The settings of this driver.') }).check(
    rule([], (file, report) => {
      for (const key of ['statstopic', 'logstopic', 'metricstopic', 'healthtopic'] as const) {
        if (file[key] === undefined || file[key] !== file.reqtopic) continue;
        report.problem([key], 'must differ from reqtopic, or the driver would send requests to itself');
      }
    }),
    rule([], ({ natsurl, settings: given }, report) => {
      if (!report.isValid('natsurl') || !report.isValid('settings', 'bus', 'insecure')) return;
      if ((given as Partial<LoadedSettings> | null | undefined)?.bus?.insecure === true) checkPlainTcp(natsurl, report);
    }),
  );

/** Plain TCP needs the scheme and the permission, and applies to the whole connection. */
function checkPlainTcp(natsurl: string, report: Report): void {
  const addresses = parseNatsUrl(natsurl).filter(isAddress);
  const schemes = new Set(addresses.map(({ scheme }) => scheme));
  if (schemes.size > 1) {
    report.problem(['natsurl'], 'must not mix nats:// with TLS addresses while settings.bus.insecure is true');
  } else if (schemes.has('tls')) {
    const message = 'has no effect: only nats:// addresses in natsurl can use plain TCP';
    report.warning(['settings', 'bus', 'insecure'], message);
  }
  if (addresses.some(({ scheme, host }) => scheme === 'nats' && !isLoopback(`nats://${host}`))) {
    report.warning(['natsurl'], 'is nats:// with settings.bus.insecure: all data travel unencrypted');
  }
}
