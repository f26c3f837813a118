/** The rules for buying and selling at an I3 marketplace that concern several entries of the configuration at once. */
import type { Problem } from '../../lib/problem.ts';
import { object, objects, type Raw } from '../raw.ts';
import { DEFAULT_PREFIX } from './common.ts';
import { brokerOf } from './same-broker.ts';
import { filterProblem, overlap } from '../../mqtt/topic-filter.ts';

/** Checks `settings.ingest` in its raw form, so that its problems are reported together with schema problems. */
export function i3Checks(ingest: Raw): { problems: Problem[]; warnings: Problem[] } {
  return {
    problems: [...sources(ingest), ...loops(ingest), ...sameConsumers(ingest), ...logIns(ingest)],
    warnings: [
      ...objects(ingest.i3).flatMap(wildcards),
      ...objects(ingest.i3).flatMap(unmetered),
      ...objects(ingest.i3).flatMap((feed, at) => otherHubs(feed, `settings.ingest.i3[${at}].products`, feed.products)),
      ...objects(ingest.egress).flatMap((feed, at) =>
        otherHubs(feed, `settings.ingest.egress[${at}].publish`, feed.publish),
      ),
    ],
  };
}

/** At-least-once egress requires that the stream stores the readings. */
function sources(ingest: Raw): Problem[] {
  const egress = objects(ingest.egress);
  const below = `${typeof ingest.prefix === 'string' ? ingest.prefix : DEFAULT_PREFIX}.readings.`;
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

/** Messages that the driver publishes must not arrive at it as readings. */
function loops(ingest: Raw): Problem[] {
  const heard = [
    ...objects(ingest.mqtt).flatMap((feed, at) => filters(feed, `settings.ingest.mqtt[${at}]`, 'topics', 'filter')),
    ...objects(ingest.i3).flatMap((feed, at) => filters(feed, `settings.ingest.i3[${at}]`, 'products', 'topic')),
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
  return objects(feed[entries]).flatMap((entry, at) => {
    const filter = entry[key];
    if (typeof filter !== 'string' || filterProblem(filter) !== undefined || broker === undefined) return [];
    return [{ broker, filter, path: `${path}.${entries}[${at}]` }];
  });
}

function published(ingest: Raw) {
  return objects(ingest.egress).flatMap((egress, index) =>
    objects(egress.publish).map(({ subject, topic, durable }, at) => ({
      path: `settings.ingest.egress[${index}].publish[${at}]`,
      broker: brokerOf(egress.url),
      ...{ index, subject, topic, durable },
    })),
  );
}

/** A consumer stores one position. Two entries with the same consumer would share the readings between them. */
function sameConsumers(ingest: Raw): Problem[] {
  const first = new Map<string, string>();
  return published(ingest).flatMap(({ path, index, subject, topic, durable }) => {
    const named = typeof durable === 'string';
    // The default consumer name is derived from these, and from the connection.
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

/**
 * Only devices have keys. The marketplace refuses a token of an account, and a token lifetime has no effect on a
 * password.
 */
function logIns(ingest: Raw): Problem[] {
  return (['i3', 'egress'] as const).flatMap((kind) =>
    objects(ingest[kind]).flatMap(({ user, credentials: given }, at) => {
      const path = `settings.ingest.${kind}[${at}].credentials`;
      const { privateKey, password, lifetimeSeconds } = object(given);
      const problems: Problem[] = [];
      if (privateKey !== undefined && typeof user === 'string' && !/[$/]/.test(user)) {
        const message =
          'only goes with the full name of a device as user, "user$hub$device"; an account has a password';
        problems.push({ path: `${path}.privateKey`, message });
      }
      if (password !== undefined && privateKey === undefined && lifetimeSeconds !== undefined) {
        problems.push({ path: `${path}.lifetimeSeconds`, message: 'only goes with privateKey' });
      }
      return problems;
    }),
  );
}

/** A device may read and write only the products of its own hub (I3-Core). It gets no error for others. */
function otherHubs({ user }: Raw, path: string, entries: unknown): Problem[] {
  const [account, hub, device] = typeof user === 'string' ? user.split('$') : [];
  if (device === undefined) return [];
  const own = `${account ?? ''}/${hub ?? ''}/`;
  return objects(entries).flatMap(({ topic }, at) =>
    typeof topic !== 'string' || topic.startsWith(own) || /[+#]/.test(topic)
      ? []
      : [
          {
            path: `${path}[${at}].topic`,
            message: `is no product of the device's own hub, ${own}…; the marketplace denies others without a word`,
            value: topic,
          },
        ],
  );
}
