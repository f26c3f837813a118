/** The rules of connections to MQTT brokers that concern several keys at once; for all kinds of feeds that have them. */
import { isLoopback } from '../loopback.ts';
import type { Problem } from '../problems.ts';
import { object, type Raw } from '../raw.ts';
import { covers, overlap } from './filter-overlap.ts';

/** Kinds of feeds that are lists of connections to a broker. */
const BROKERS = ['mqtt', 'i3', 'egress'] as const;

/** A connection in its raw form, and where it stands. */
interface Place {
  readonly path: string;
  readonly raw: Raw;
  readonly url: URL | null;
}

/** Looks at `settings.ingest` in its raw form, so that it also speaks when others do. */
export function mqttChecks(ingest: Raw): { problems: Problem[]; warnings: Problem[] } {
  const places = BROKERS.flatMap((kind) => {
    const all: unknown = ingest[kind];
    return (Array.isArray(all) ? all.map(object) : []).map((raw, index): Place => {
      const url = typeof raw.url === 'string' ? URL.parse(raw.url) : null;
      return { path: `settings.ingest.${kind}[${index}]`, raw, url };
    });
  });
  return {
    problems: places.flatMap(problemsOf),
    warnings: places.flatMap((place) => [...warningsOf(place), ...overlaps(place)]),
  };
}

const isPlain = (url: URL | null): boolean => url?.protocol === 'mqtt:' || url?.protocol === 'ws:';

function problemsOf({ path, raw, url }: Place): Problem[] {
  const tls = object(raw.tls);
  const { user, password } = object(raw.credentials);
  const problems: Problem[] = [];
  const tell = (key: string, message: string): void => {
    problems.push({ path: `${path}.${key}`, message });
  };
  if (isPlain(url)) {
    const secure = url?.protocol === 'ws:' ? 'wss' : 'mqtts';
    for (const key of ['caFile', 'certFile', 'keyFile', 'serverName']) {
      if (tls[key] !== undefined) tell(`tls.${key}`, `only goes with ${secure}://, but url is ${url?.protocol}//`);
    }
  }
  if (tls.certFile !== undefined && tls.keyFile === undefined) {
    tell('tls.keyFile', 'is missing: the private key of tls.certFile');
  }
  if (tls.keyFile !== undefined && tls.certFile === undefined) {
    tell('tls.certFile', 'is missing: the certificate of tls.keyFile');
  }
  // MQTT 3.1.1, section 3.1.2.9. Where the user stands beside the credentials, the schema asks for it.
  if (password !== undefined && user === undefined && raw.user === undefined && raw.version === '3.1.1') {
    tell('credentials.user', 'is missing: MQTT 3.1.1 has no password without a user');
  }
  return problems;
}

function warningsOf({ path, raw, url }: Place): Problem[] {
  const warnings: Problem[] = [];
  if (isPlain(url) && url !== null && !isLoopback(url.href)) {
    const secret = Object.keys(object(raw.credentials)).length > 0 ? 'the log-in and ' : '';
    warnings.push({
      path: `${path}.url`,
      message: `is ${url.protocol}//: ${secret}all data travel unencrypted; use ${url.protocol === 'ws:' ? 'wss' : 'mqtts'}://`,
    });
  }
  if (object(raw.tls).insecureSkipVerify === true) {
    warnings.push({
      path: `${path}.tls.insecureSkipVerify`,
      message: isPlain(url) ? 'has no effect without TLS' : 'is on: anybody in between can read the password',
    });
  }
  return warnings;
}

/** With more of them the comparison of each with each would take too long. */
const MOST_COMPARED = 1000;

/**
 * Brokers deliver a message once for each subscription that takes its topic. Where one filter contains the other, only it
 * is subscribed to; where they cross each other, that does not go.
 */
function overlaps({ path, raw }: Place): Problem[] {
  const topics = Array.isArray(raw.topics) ? raw.topics.map(object) : [];
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
