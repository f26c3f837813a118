/** The rules of MQTT broker connections that concern several keys at once, for all kinds of feeds that have them. */
import { isLoopback } from '../loopback.ts';
import type { Problem } from '../../lib/problem.ts';
import { object, objects, type Raw } from '../raw.ts';
import { covers, overlap } from '../../mqtt/topic-filter.ts';

/** Kinds of feeds that are lists of broker connections. */
const BROKERS = ['mqtt', 'i3', 'egress'] as const;

/** A connection in its raw form, and its location. */
interface Place {
  readonly path: string;
  readonly raw: Raw;
  readonly url: URL | null;
}

/** Checks `settings.ingest` in its raw form, so that its problems are reported together with schema problems. */
export function mqttChecks(ingest: Raw): { problems: Problem[]; warnings: Problem[] } {
  const places = BROKERS.flatMap((kind) => {
    return objects(ingest[kind]).map((raw, index): Place => {
      const url = typeof raw.url === 'string' ? URL.parse(raw.url) : null;
      return { path: `settings.ingest.${kind}[${index}]`, raw, url };
    });
  });
  return {
    problems: places.flatMap((place) => [...problemsOf(place), ...unreachable(place)]),
    warnings: places.flatMap((place) => [...warningsOf(place), ...overlaps(place)]),
  };
}

/** Keys of `tls` that require TLS. */
export const TLS_KEYS = ['caFile', 'certFile', 'keyFile', 'serverName'] as const;

export const isPlain = (url: URL | null): boolean => url?.protocol === 'mqtt:' || url?.protocol === 'ws:';

function problemsOf({ path, raw, url }: Place): Problem[] {
  const tls = object(raw.tls);
  const { user, password } = object(raw.credentials);
  const problems: Problem[] = [];
  const tell = (key: string, message: string): void => {
    problems.push({ path: `${path}.${key}`, message });
  };
  if (isPlain(url)) {
    const secure = url?.protocol === 'ws:' ? 'wss' : 'mqtts';
    for (const key of TLS_KEYS) {
      if (tls[key] !== undefined) tell(`tls.${key}`, `only goes with ${secure}://, but url is ${url?.protocol}//`);
    }
  }
  problems.push(...halfCertificate(path, tls), ...uselessExpiry(path, raw));
  // MQTT 3.1.1, section 3.1.2.9. If the user is beside the credentials, the schema requires it.
  if (password !== undefined && user === undefined && raw.user === undefined && raw.version === '3.1.1') {
    tell('credentials.user', 'is missing: MQTT 3.1.1 has no password without a user');
  }
  return problems;
}

/** A certificate cannot be used without its key. */
export function halfCertificate(path: string, { certFile, keyFile }: Raw): Problem[] {
  if ((certFile === undefined) === (keyFile === undefined)) return [];
  return certFile === undefined
    ? [{ path: `${path}.tls.certFile`, message: 'is missing: the certificate of tls.keyFile' }]
    : [{ path: `${path}.tls.keyFile`, message: 'is missing: the private key of tls.certFile' }];
}

/** An MQTT 3.1.1 broker decides by itself how long it keeps a session. */
export function uselessExpiry(path: string, { version, sessionExpirySeconds }: Raw): Problem[] {
  if (version !== '3.1.1' || sessionExpirySeconds === undefined) return [];
  return [{ path: `${path}.sessionExpirySeconds`, message: 'only goes with version 5; in 3.1.1 the broker decides' }];
}

/** Allowed, but can lose messages. */
export function forgottenSession(path: string, { sessionExpirySeconds }: Raw): Problem[] {
  if (sessionExpirySeconds !== 0) return [];
  const message = 'is 0: the broker forgets the session, and the messages for it, with each break of the connection';
  return [{ path: `${path}.sessionExpirySeconds`, message }];
}

/** These have no effect if the certificate is not checked. */
export function uncheckedTls(path: string, tls: Raw, plain: boolean): Problem[] {
  if (tls.insecureSkipVerify !== true) return [];
  const flag = `${path}.tls.insecureSkipVerify`;
  if (plain) return [{ path: flag, message: 'has no effect without TLS' }];
  const useless = ['caFile', 'serverName'].filter((key) => tls[key] !== undefined);
  return [
    { path: flag, message: 'is on: anybody in between can read the password' },
    ...useless.map((key) => ({ path: `${path}.tls.${key}`, message: 'has no effect with insecureSkipVerify' })),
  ];
}

function warningsOf({ path, raw, url }: Place): Problem[] {
  const warnings: Problem[] = [...uncheckedTls(path, object(raw.tls), isPlain(url)), ...forgottenSession(path, raw)];
  if (isPlain(url) && url !== null && !isLoopback(url.href)) {
    const secret = Object.keys(object(raw.credentials)).length > 0 ? 'the log-in and ' : '';
    warnings.push({
      path: `${path}.url`,
      message: `is ${url.protocol}//: ${secret}all data travel unencrypted; use ${url.protocol === 'ws:' ? 'wss' : 'mqtts'}://`,
    });
  }
  return warnings;
}

/** Beyond this number the comparison of all pairs takes too long. */
const MOST_COMPARED = 1000;

/**
 * Brokers deliver a message once for each matching subscription. If one filter covers the other, only that one is
 * subscribed. That is not possible if they overlap partially.
 */
function overlaps({ path, raw }: Place): Problem[] {
  const topics = objects(raw.topics);
  const wide = topics.flatMap(({ filter, share }, at) =>
    typeof filter === 'string' && /[+#]/.test(filter) ? [{ filter, share, at }] : [],
  );
  if (wide.length > MOST_COMPARED) return [];
  return wide.flatMap((one, index) => {
    const other = wide
      .slice(0, index)
      .find(
        ({ filter, share }) =>
          share === one.share &&
          overlap(filter, one.filter) &&
          !covers(filter, one.filter) &&
          !covers(one.filter, filter),
      );
    if (other === undefined) return [];
    const message = `crosses topics[${other.at}].filter: messages that both take come twice from many brokers, and become two readings where the time is that of arrival`;
    return [{ path: `${path}.topics[${one.at}].filter`, message }];
  });
}

/** The first matching entry counts, so an entry behind one that matches all of its topics has no effect. */
function unreachable({ path, raw }: Place): Problem[] {
  const [entries, key] = Array.isArray(raw.topics) ? [raw.topics, 'filter'] : [raw.products, 'topic'];
  const list = `${path}.${key === 'filter' ? 'topics' : 'products'}`;
  const wide: { filter: string; at: number }[] = [];
  const narrow = new Map<string, number>();
  const all = objects(entries);
  return all.flatMap((entry, at) => {
    const filter = entry[key];
    if (typeof filter !== 'string') return [];
    const other = narrow.get(filter) ?? wide.find((one) => covers(one.filter, filter))?.at;
    // A pattern can leave topics to the entries after it.
    if (entry.pattern === undefined && !/[+#]/.test(filter)) narrow.set(filter, narrow.get(filter) ?? at);
    else if (entry.pattern === undefined && wide.length < MOST_COMPARED) wide.push({ filter, at });
    // The schema reports a product that is listed twice.
    if (other === undefined || (key === 'topic' && all[other]?.topic === filter)) return [];
    const message = `is never reached: ${list}[${other}] takes all of its topics; put the narrower entry first`;
    return [{ path: `${list}[${at}].${key}`, message, value: filter }];
  });
}
