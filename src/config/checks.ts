import { ingestChecks } from './ingest/checks.ts';
import { hasNoFeed } from './ingest/stream-checks.ts';
import { isAddress, parseNatsUrl } from './natsurl.ts';
import type { z } from 'zod';
import { isLoopback } from './loopback.ts';
import type { Problem } from '../lib/problem.ts';
import { object, objects, type Raw } from './raw.ts';
import { sameNames } from './same-names.ts';
import { busSchema, limitsSchema } from './schema.ts';

/**
 * Rules that concern several keys at once. They read the raw file, so that they are reported together with schema
 * problems.
 */
export function crossChecks(root: Readonly<Record<string, unknown>>): { problems: Problem[]; warnings: Problem[] } {
  const settings = object(root.settings);
  const servers = objects(settings.servers);
  const ingest = ingestChecks(object(settings.ingest));
  return {
    problems: [
      ...topics(root),
      ...plainTcp(root, object(settings.bus)).problems,
      ...somethingToDo(root, settings),
      ...sameNames('settings.servers', servers),
      ...credentialForms(servers),
      ...limitOrder(object(settings.limits), object(settings.bus)),
      ...ingest.problems,
    ],
    warnings: [
      ...plainTcp(root, object(settings.bus)).warnings,
      ...servers.flatMap(serverWarnings),
      ...ingest.warnings,
    ],
  };
}

/** Messages that the driver publishes must not arrive at it as requests. */
function topics(root: Raw): Problem[] {
  return ['statstopic', 'logstopic', 'metricstopic', 'healthtopic']
    .filter((key) => typeof root[key] === 'string' && root[key] === root.reqtopic)
    .map((key) => ({ path: key, message: 'must differ from reqtopic, or the driver would ask itself' }));
}

/** Plain TCP needs the scheme and the permission, and applies to the whole connection. */
function plainTcp(root: Raw, bus: Raw): { problems: Problem[]; warnings: Problem[] } {
  if (typeof root.natsurl !== 'string' || bus.insecure !== true) return { problems: [], warnings: [] };
  const addresses = parseNatsUrl(root.natsurl).filter(isAddress);
  const schemes = new Set(addresses.map(({ scheme }) => scheme));
  const problems: Problem[] =
    schemes.size > 1
      ? [{ path: 'natsurl', message: 'must not mix nats:// with TLS addresses while settings.bus.insecure is true' }]
      : [];
  const unused = schemes.size === 1 && schemes.has('tls');
  const warnings: Problem[] = unused
    ? [{ path: 'settings.bus.insecure', message: 'has no effect: only nats:// addresses in natsurl can use plain TCP' }]
    : [];
  if (addresses.some(({ scheme, host }) => scheme === 'nats' && !isLoopback(`nats://${host}`))) {
    warnings.push({ path: 'natsurl', message: 'is nats:// with settings.bus.insecure: all data travel unencrypted' });
  }
  return { problems, warnings };
}

const isPlainObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A driver needs a server or a feed. */
function somethingToDo(root: Raw, settings: Raw): Problem[] {
  if (typeof root.settings !== 'object') return [];
  const { ingest } = settings;
  // The schema reports a value that is not an object.
  if (ingest !== undefined && !(isPlainObject(ingest) && hasNoFeed(ingest))) return [];
  if (settings.servers !== undefined && !(Array.isArray(settings.servers) && settings.servers.length === 0)) return [];
  if (root.servers !== undefined) {
    return [
      {
        path: 'settings.servers',
        message: 'is missing; "servers" stands at the top of the file, move it into settings',
      },
    ];
  }
  const message = `must not be empty, unless settings.ingest brings device data in${ingest === undefined ? '' : '; it has no feed'}`;
  return [{ path: 'settings.servers', message }];
}

function credentialForms(servers: readonly Raw[]): Problem[] {
  return servers.flatMap((server, index) => {
    if (typeof server.credentials !== 'object' || server.credentials === null) return [];
    const path = `settings.servers[${index}].credentials`;
    const { accessKey, user, directory } = object(server.credentials);
    if (accessKey !== undefined && user !== undefined) {
      return [{ path, message: 'must hold either accessKey or user, not both' }];
    }
    if (accessKey === undefined && user === undefined) {
      return [{ path, message: 'must hold accessKey and password, or user and password' }];
    }
    if (accessKey !== undefined && directory !== undefined) {
      return [{ path: `${path}.directory`, message: 'only goes with user; an access key belongs to no directory' }];
    }
    return [];
  });
}

/** A default above its own maximum, or a part above the whole, is a mistake. */
function limitOrder(limits: Raw, bus: Raw): Problem[] {
  const { defaultTimeoutMs, maxTimeoutMs, pageSamples, samplesPerItem } = limitsSchema.shape;
  const { chunkBytes, inFlightBytes } = busSchema.shape;
  // Uses the default of an absent key. Undefined if the value itself is invalid.
  const pair = (lower: z.ZodType<number>, a: unknown, upper: z.ZodType<number>, b: unknown) =>
    [lower.safeParse(a).data, upper.safeParse(b).data] as const;
  const rules = [
    {
      path: 'settings.limits.defaultTimeoutMs',
      within: 'settings.limits.maxTimeoutMs',
      values: pair(defaultTimeoutMs, limits.defaultTimeoutMs, maxTimeoutMs, limits.maxTimeoutMs),
    },
    {
      path: 'settings.limits.pageSamples',
      within: 'settings.limits.samplesPerItem',
      values: pair(pageSamples, limits.pageSamples, samplesPerItem, limits.samplesPerItem),
    },
    {
      path: 'settings.bus.chunkBytes',
      within: 'settings.bus.inFlightBytes',
      values: pair(chunkBytes, bus.chunkBytes, inFlightBytes, bus.inFlightBytes),
    },
  ];
  return rules.flatMap(({ path, within, values: [lower, upper] }) =>
    lower !== undefined && upper !== undefined && lower > upper
      ? [{ path, message: `must be at most ${within}, which is ${upper}`, value: String(lower) }]
      : [],
  );
}

function serverWarnings(server: Raw, index: number): Problem[] {
  const path = `settings.servers[${index}]`;
  const url = typeof server.url === 'string' ? server.url : '';
  const warnings: Problem[] = [];
  if (/^http:/i.test(url) && !isLoopback(url)) {
    warnings.push({ path: `${path}.url`, message: 'is http://: the password and all data travel unencrypted' });
  }
  if (/\/api\/*$/i.test(url)) {
    warnings.push({ path: `${path}.url`, message: 'ends with /api, which the driver adds itself; it is left out' });
  }
  if (server.insecureSkipVerify === true) {
    warnings.push({ path: `${path}.insecureSkipVerify`, message: 'is on: anybody in between can read the password' });
  }
  return warnings;
}
