/** The configuration of the whole driver: the keys at the top, and the settings of every room. */
import { normalize } from 'node:path';
import { z } from 'zod';
import { busSchema } from '../bus/config.ts';
import * as load from '../config/load.ts';
import { rule, type Report } from '../config/rules.ts';
import { configFile, type TopKeys } from '../config/schema.ts';
import { nameKey, namedList, reportRepeated } from '../config/uniqueness.ts';
import { limitsSchema, type Limits } from '../driver/config.ts';
import { httpSchema } from '../http/config.ts';
import { hasFeed, ingestSchema, type IngestFile } from '../ingest/config.ts';
import type { SourceKind } from '../sources/kind.ts';
import { auditSchema, logSchema } from '../telemetry/config.ts';
import { sourceKinds } from './source-kinds.ts';

/** Kinds of sources by the key of their list in `settings`. */
export type SourceKinds = Readonly<Record<string, SourceKind>>;

/** The file as parsed, with defaults. Secrets are still references. */
export type FileOf<K extends SourceKinds> = TopKeys & {
  readonly settings: { readonly [N in keyof K]: z.output<K[N]['schema']>[] } & {
    readonly limits: Limits;
    readonly bus: z.output<typeof busSchema>;
    readonly http?: z.output<typeof httpSchema> | undefined;
    readonly log: z.output<typeof logSchema>;
    readonly audit?: z.output<typeof auditSchema> | undefined;
    readonly ingest?: IngestFile | undefined;
  };
};

/** The schema of a file with sources of these kinds. */
export function configSchemaOf<K extends SourceKinds>(kinds: K): z.ZodType<FileOf<K>> {
  const lists = Object.entries(kinds).map(([key, { schema, description }]) => {
    return [key, namedList(schema).describe(description)] as const;
  });
  const settings = z
    .strictObject({
      ...Object.fromEntries(lists),
      limits: limitsSchema.prefault({}).describe('Limits of one request, and of concurrent work.'),
      bus: busSchema.prefault({}).describe('The connection to NATS beyond `natsurl`.'),
      http: httpSchema
        .optional()
        .describe('The HTTP server for probes, metrics and the status page. Without this key there is none.'),
      log: logSchema.prefault({}).describe('The log of the driver.'),
      audit: auditSchema
        .optional()
        .describe('The audit trail: a record of each request. [Audit trail](telemetry.md#settingsaudit-audit-trail).'),
      ingest: ingestSchema
        .optional()
        .describe('The feeds of device data: MQTT brokers, the I3 marketplace, IoT Open and seneye sensors.'),
    })
    .check(
      rule<object, never>([], (given, report) => {
        reportSameNames(given, Object.keys(kinds), report);
      }),
      rule<object, never>([], (given, report) => {
        reportSamePort(given, report);
      }),
    );
  const file = configFile(settings).check(
    rule<object, never>([], (given, report) => {
      reportAuditTopic(given as FileOf<SourceKinds>, report);
      reportAuditFile(given as FileOf<SourceKinds>, report);
      reportNothingToDo(given, Object.keys(kinds), report);
    }),
  );
  // The type of an object with computed keys is lost.
  return file as unknown as z.ZodType<FileOf<K>>;
}

/** A request selects a source by its name alone, so two of different kinds must not have the same one either. */
function reportSameNames(settings: object, keys: readonly string[], report: Report): void {
  const names = keys.flatMap((key) => {
    const list: unknown = (settings as Readonly<Record<string, unknown>>)[key];
    if (!Array.isArray(list) || !report.isValid(key)) return [];
    return (list as readonly { name: string }[]).map(({ name }, at) => ({
      key: nameKey(name),
      path: [key, at, 'name'],
    }));
  });
  reportRepeated(names, report, ({ path }) => `is the same name as ${report.at(...path)} (letter case does not count)`);
}

const TOPICS = ['reqtopic', 'healthtopic', 'metricstopic', 'statstopic', 'logstopic'] as const;

/** Readers of another topic must not get records, and the driver must not request itself. */
function reportAuditTopic(file: FileOf<SourceKinds>, report: Report): void {
  if (!report.isValid('settings', 'audit')) return;
  const topic = file.settings.audit?.topic;
  const same = topic === undefined ? undefined : TOPICS.find((key) => file[key] === topic);
  if (same !== undefined) report.problem(['settings', 'audit', 'topic'], `must differ from ${same}`);
}

/** The lines of two kinds in one file are of no use to either reader. */
function reportAuditFile({ settings }: FileOf<SourceKinds>, report: Report): void {
  if (!report.isValid('settings', 'audit') || !report.isValid('settings', 'log')) return;
  const [log, audit] = [settings.log.file, settings.audit?.file];
  if (log === undefined || audit === undefined || normalize(log.path) !== normalize(audit.path)) return;
  report.problem(['settings', 'audit', 'file'], `must differ from ${report.at('settings', 'log', 'file')}`);
}

interface Listeners {
  readonly http?: { readonly port: number; readonly address: string };
  readonly ingest?: { readonly seneye?: { readonly port: number; readonly host?: string } };
}

/** Two listeners cannot have one port. With two addresses of this machine they can. */
function reportSamePort(settings: object, report: Report): void {
  if (!report.isValid('http') || !report.isValid('ingest')) return;
  const { http, ingest } = settings as Listeners;
  const seneye = ingest?.seneye;
  if (http === undefined || seneye === undefined || http.port === 0 || http.port !== seneye.port) return;
  const all = ['0.0.0.0', '::', undefined];
  if (![http.address, seneye.host].some((one) => all.includes(one)) && http.address !== seneye.host) return;
  report.problem(['http', 'port'], `must differ from ${report.at('ingest', 'seneye', 'port')}`);
}

/** A driver needs a source or a feed. */
function reportNothingToDo(file: object, kinds: readonly string[], report: Report): void {
  const { settings } = file as { settings?: unknown };
  if (typeof settings !== 'object' || settings === null) return;
  const { ingest, ...rest } = settings as { ingest?: z.output<typeof ingestSchema> } & Record<string, unknown>;
  const isEmpty = (key: string): boolean => Array.isArray(rest[key]) && rest[key].length === 0;
  if (!kinds.every(isEmpty)) return;
  // The feeds of an invalid part are not known.
  if (ingest !== undefined && (!report.isValid('settings', 'ingest') || hasFeed(ingest))) return;
  const [first = 'servers'] = kinds;
  const message = `must not be empty, unless settings.ingest brings device data in${ingest === undefined ? '' : '; it has no feed'}`;
  report.problem(['settings', first], message);
}

export const configSchema = configSchemaOf(sourceKinds);

type ConfigFile = FileOf<typeof sourceKinds>;

/** The configuration, ready to use. */
export type Config = load.Config<ConfigFile>;

/** A valid configuration, and its path. */
export type LoadedConfig = load.LoadedConfig<ConfigFile>;

/** See `load.ts`. */
export const loadConfig = (options?: load.LoadOptions): Promise<LoadedConfig> => load.loadConfig(configSchema, options);

/** See `load.ts`. */
export const loadConfigFile = (options?: load.LoadOptions): Promise<load.LoadedFile<ConfigFile>> =>
  load.loadConfigFile(configSchema, options);
