/** The rules of `settings.ingest.iotopen[]` that concern several keys at once. */
import { isLoopback } from '../loopback.ts';
import type { Problem } from '../problems.ts';
import { object, type Raw } from '../raw.ts';

/** The ways to log in, each with all that it needs. */
const WAYS = [['apiKey'], ['token'], ['user', 'password'], ['clientId', 'clientSecret', 'refreshToken']] as const;
const ADVICE =
  'must hold apiKey, or token, or user and password, or clientId, clientSecret and refreshToken, and only one of them';

/** Looks at the entries in their raw form, so that it also speaks when others do. */
export function iotOpenChecks(entries: unknown): { problems: Problem[]; warnings: Problem[] } {
  const list = Array.isArray(entries) ? entries.map(object) : [];
  const each = list.map((entry, index) => check(entry, `settings.ingest.iotopen[${index}]`));
  return {
    problems: [...each.flatMap(({ problems }) => problems), ...sameSessions(list)],
    warnings: each.flatMap(({ warnings }) => warnings),
  };
}

function check(entry: Raw, path: string): { problems: Problem[]; warnings: Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const credentials = object(entry.credentials);
  const given = (key: string): boolean => credentials[key] !== undefined;
  const begun = WAYS.filter((way) => way.some(given));
  // A missing part, and a `credentials` that is none, are told in another way.
  if (typeof entry.credentials === 'object' && (begun.length !== 1 || !begun[0]?.every(given))) {
    problems.push({ path: `${path}.credentials`, message: ADVICE });
  }
  if (given('tokenFile') && (given('apiKey') || given('token'))) {
    const message = 'only goes with user and password, or with OAuth 2';
    problems.push({ path: `${path}.credentials.tokenFile`, message });
  }
  const { url } = object(entry.mqtt);
  if (/^(ws|mqtt):/.test(String(url)) && !isLoopback(String(url))) {
    const message = 'is not encrypted: the log-in and all data travel in the clear';
    warnings.push({ path: `${path}.mqtt.url`, message });
  }
  if (/^http:/i.test(String(entry.url)) && !isLoopback(String(entry.url))) {
    warnings.push({ path: `${path}.url`, message: 'is http://: the log-in and all data travel unencrypted' });
  }
  return { problems, warnings };
}

/** Two sessions with one client id at one platform evict each other. */
function sameSessions(list: readonly Raw[]): Problem[] {
  const first = new Map<string, number>();
  return list.flatMap((entry, index) => {
    const { clientId, url = entry.url } = object(entry.mqtt);
    const key = JSON.stringify([hostOf(url), clientId]);
    const other = first.get(key);
    if (other === undefined) first.set(key, index);
    if (other === undefined || clientId === undefined) return [];
    const message = `is the same at the same platform as in settings.ingest.iotopen[${other}]: the two would evict each other`;
    return [
      {
        path: `settings.ingest.iotopen[${index}].mqtt.clientId`,
        message,
        ...(typeof clientId === 'string' ? { value: clientId } : {}),
      },
    ];
  });
}

const hostOf = (url: unknown): unknown => URL.parse(String(url))?.hostname ?? url;
