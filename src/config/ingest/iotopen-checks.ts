/** The rules of `settings.ingest.iotopen[]` that concern several keys at once. */
import { normalize } from 'node:path';
import { isLoopback } from '../loopback.ts';
import type { Problem } from '../../lib/problem.ts';
import { object, objects, type Raw } from '../raw.ts';
import { backfillSchema } from './iotopen.ts';
import { forgottenSession, halfCertificate, isPlain, TLS_KEYS, uncheckedTls, uselessExpiry } from './mqtt-checks.ts';

/** The auth methods, each with all required keys. */
const WAYS = [['apiKey'], ['token'], ['user', 'password'], ['clientId', 'clientSecret', 'refreshToken']] as const;
const ADVICE =
  'must hold apiKey, or token, or user and password, or clientId, clientSecret and refreshToken, and only one of them';

/** Checks the entries in their raw form, so that their problems are reported together with schema problems. */
export function iotOpenChecks(entries: unknown): { problems: Problem[]; warnings: Problem[] } {
  const list = objects(entries);
  const each = list.map((entry, index) => check(entry, `settings.ingest.iotopen[${index}]`));
  return {
    problems: [...each.flatMap(({ problems }) => problems), ...tokenFiles(list)],
    warnings: each.flatMap(({ warnings }) => warnings),
  };
}

function check(entry: Raw, path: string): { problems: Problem[]; warnings: Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const credentials = object(entry.credentials);
  const given = (key: string): boolean => credentials[key] !== undefined;
  const begun = WAYS.filter((way) => way.some(given));
  // A missing key, and `credentials` that is not an object, are reported elsewhere.
  if (typeof entry.credentials === 'object' && (begun.length !== 1 || !begun[0]?.every(given))) {
    problems.push({ path: `${path}.credentials`, message: ADVICE });
  }
  if (given('tokenFile') && (given('apiKey') || given('token'))) {
    const message = 'only goes with user and password, or with OAuth 2';
    problems.push({ path: `${path}.credentials.tokenFile`, message });
  }
  const mqtt = object(entry.mqtt);
  const { url } = mqtt;
  const tls = object(entry.tls);
  const plain =
    /^http:/i.test(String(entry.url)) && (typeof url === 'string' ? isPlain(URL.parse(url)) : url === undefined);
  const useless = plain ? TLS_KEYS.filter((key) => tls[key] !== undefined) : [];
  problems.push(
    ...useless.map((key) => ({
      path: `${path}.tls.${key}`,
      message: 'only goes with https://, or wss:// or mqtts://',
    })),
    ...halfCertificate(path, tls),
    ...uselessExpiry(`${path}.mqtt`, mqtt),
  );
  problems.push(...farStart(path, object(entry.backfill)));
  warnings.push(...uncheckedTls(path, tls, plain), ...forgottenSession(`${path}.mqtt`, mqtt));
  if (/\/api(\/v2)?\/*$/.test(String(entry.url))) {
    warnings.push({
      path: `${path}.url`,
      message: 'ends with the path of the API, which the driver adds itself; leave it out',
    });
  }
  if (/^(ws|mqtt):/.test(String(url)) && !isLoopback(String(url))) {
    const message = 'is not encrypted: the log-in and all data travel in the clear';
    warnings.push({ path: `${path}.mqtt.url`, message });
  }
  if (/^http:/i.test(String(entry.url)) && !isLoopback(String(entry.url))) {
    warnings.push({ path: `${path}.url`, message: 'is http://: the log-in and all data travel unencrypted' });
  }
  return { problems, warnings };
}

/** The backfill at start must not exceed the longest backfill. */
function farStart(path: string, { maxHours: given, atStartMinutes }: Raw): Problem[] {
  // Uses the default of an absent key. Undefined if the value itself is invalid.
  const maxHours = backfillSchema.shape.maxHours.safeParse(given).data;
  if (maxHours === undefined || typeof atStartMinutes !== 'number' || atStartMinutes <= maxHours * 60) return [];
  const message = `must be at most backfill.maxHours, which is ${maxHours} (${maxHours * 60} minutes)`;
  return [{ path: `${path}.backfill.atStartMinutes`, message, value: String(atStartMinutes) }];
}

/** The driver overwrites the token file, so the file must not contain another secret or another connection's token. */
function tokenFiles(list: readonly Raw[]): Problem[] {
  const secrets = list.flatMap(({ credentials }, index) =>
    Object.entries(object(credentials)).flatMap(([key, ref]) => {
      const file = key === 'tokenFile' ? ref : object(ref).file;
      return typeof file === 'string'
        ? [{ file: normalize(file), key, path: `settings.ingest.iotopen[${index}].credentials.${key}` }]
        : [];
    }),
  );
  return secrets.flatMap((one, at) => {
    const other = secrets.find(
      ({ file, key }, place) => file === one.file && (key === 'tokenFile' ? place < at : place !== at),
    );
    if (one.key !== 'tokenFile' || other === undefined) return [];
    const message = `is also the file of ${other.path}; the token that is written into it would replace what is there`;
    return [{ path: one.path, message }];
  });
}
