/** The rules of buying and selling at an I3 marketplace that concern several entries of the configuration at once. */
import type { Problem } from '../problems.ts';
import { object, type Raw } from '../raw.ts';
import { overlap } from './filter-overlap.ts';
import { filterProblem } from './topic-filter.ts';

const list = (value: unknown): Raw[] => (Array.isArray(value) ? value.map(object) : []);

/** Looks at `settings.ingest` in its raw form, so that it also speaks when others do. */
export function i3Checks(ingest: Raw): { problems: Problem[]; warnings: Problem[] } {
  return {
    problems: [...sources(ingest), ...loops(ingest), ...sameClients(ingest), ...sameConsumers(ingest)],
    warnings: [...list(ingest.i3).flatMap(wildcards), ...list(ingest.i3).flatMap(unmetered)],
  };
}

/** Only what the stream keeps can be published surely. */
function sources(ingest: Raw): Problem[] {
  const egress = list(ingest.egress);
  const below = `${typeof ingest.prefix === 'string' ? ingest.prefix : 'iota'}.readings.`;
  const mode: Problem[] =
    egress.length > 0 && object(ingest.stream).mode === 'core'
      ? [{ path: 'settings.ingest.egress', message: 'needs the stream: settings.ingest.stream.mode must be jetstream' }]
      : [];
  const wrong = published(ingest).flatMap(({ path, subject }) =>
    typeof subject === 'string' && !subject.startsWith(below)
      ? [{ path: `${path}.subject`, message: `must begin with ${JSON.stringify(below)}`, value: subject }]
      : [],
  );
  return [...mode, ...wrong];
}

/** What the driver publishes must not come back to it as a reading. */
function loops(ingest: Raw): Problem[] {
  const heard = [
    ...list(ingest.mqtt).flatMap((feed, at) => filters(feed, `settings.ingest.mqtt[${at}]`, 'topics', 'filter')),
    ...list(ingest.i3).flatMap((feed, at) => filters(feed, `settings.ingest.i3[${at}]`, 'products', 'topic')),
  ];
  return published(ingest).flatMap(({ path, topic, broker }) => {
    if (typeof topic !== 'string' || broker === undefined) return [];
    const back = heard.find((one) => one.broker === broker && overlap(one.filter, topic));
    if (back === undefined) return [];
    const message = `is a topic that ${back.path} listens to at the same broker: what is published would come in again, for ever`;
    return [{ path: `${path}.topic`, message, value: topic }];
  });
}

function filters(feed: Raw, path: string, entries: string, key: string) {
  const broker = brokerOf(feed.url);
  return list(feed[entries]).flatMap((entry, at) => {
    const filter = entry[key];
    if (typeof filter !== 'string' || filterProblem(filter) !== undefined || broker === undefined) return [];
    return [{ broker, filter, path: `${path}.${entries}[${at}]` }];
  });
}

function published(ingest: Raw) {
  return list(ingest.egress).flatMap((egress, index) =>
    list(egress.publish).map(({ subject, topic, durable }, at) => ({
      path: `settings.ingest.egress[${index}].publish[${at}]`,
      broker: brokerOf(egress.url),
      ...{ index, subject, topic, durable },
    })),
  );
}

/** Two connections with the same client id end each other again and again. */
function sameClients(ingest: Raw): Problem[] {
  const first = new Map<string, string>();
  const clients = (['mqtt', 'i3', 'egress'] as const).flatMap((kind) =>
    list(ingest[kind]).map((feed, at) => ({ feed, path: `settings.ingest.${kind}[${at}]` })),
  );
  return clients.flatMap(({ feed, path }) => {
    const client = feed.clientId ?? feed.user;
    const broker = brokerOf(feed.url);
    if (typeof client !== 'string' || broker === undefined) return [];
    const key = JSON.stringify([broker, client]);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, path);
      return [];
    }
    const message = `is the same as that of ${other} at the same broker; the two would end each other's connections`;
    return [{ path: `${path}.clientId`, message, value: client }];
  });
}

/** A consumer remembers one position; two entries with one name would take each other's readings. */
function sameConsumers(ingest: Raw): Problem[] {
  const first = new Map<string, string>();
  return published(ingest).flatMap(({ path, index, subject, topic, durable }) => {
    const named = typeof durable === 'string';
    // The name that an entry without one gets is made of these, and of the connection.
    const key = JSON.stringify(named ? [durable] : [index, subject, topic]);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, path);
      return [];
    }
    const message = named
      ? `is the same as that of ${other}`
      : `must be given: subject and topic are the same as those of ${other}, and so is the name that is made of them`;
    return [{ path: `${path}.durable`, message }];
  });
}

/** Ports under which one broker is usually found, plain, with TLS and over WebSocket. */
const USUAL_PORTS = ['', '80', '443', '1883', '8883', '9001', '9010'];

/** The same text for the same broker, as far as one can see from outside. */
function brokerOf(text: unknown): string | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || url.hostname === '') return undefined;
  return `${url.hostname.toLowerCase()}:${USUAL_PORTS.includes(url.port) ? 'usual' : url.port}`;
}

function wildcards({ allowWildcards }: Raw, at: number): Problem[] {
  if (allowWildcards !== true) return [];
  const message = 'is on: the marketplace advises against wildcards, and one silent product does not show behind one';
  return [{ path: `settings.ingest.i3[${at}].allowWildcards`, message }];
}

function unmetered({ user, clientId }: Raw, at: number): Problem[] {
  if (typeof user !== 'string' || user.includes('$') || clientId === undefined || clientId === user) return [];
  const message = 'differs from user: the marketplace counts what a buyer received by the client id';
  return [{ path: `settings.ingest.i3[${at}].clientId`, message }];
}
