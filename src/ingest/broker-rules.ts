/** Rules about several feeds that use MQTT brokers. */
import type { z } from 'zod';
import { rule, type Report } from '../config/rules.ts';
import { reportRepeated } from '../config/uniqueness.ts';
import { brokerOf } from '../mqtt/config.ts';
import { overlap } from '../mqtt/topic-filter.ts';
import type { BrokerUse, FeedDefinition } from './kind.ts';

interface IngestKeys {
  readonly prefix: string;
  readonly stream: { readonly mode: 'jetstream' | 'core' };
}

/** A use with the path of its entry. */
interface Used extends BrokerUse {
  readonly entry: readonly PropertyKey[];
}

export function brokerRules(kinds: Readonly<Record<string, FeedDefinition>>): z.core.$ZodCheck<IngestKeys>[] {
  return [
    rule<IngestKeys, never>([], (ingest, report) => {
      const uses = usesOf(ingest, kinds, report);
      reportSharedSessions(uses, report);
      reportLoops(uses, report);
      reportSharedConsumers(uses, report);
      reportSubjects(uses, ingest, report);
    }),
  ];
}

/** Those of valid entries. */
function usesOf(ingest: object, kinds: Readonly<Record<string, FeedDefinition>>, report: Report): Used[] {
  return Object.entries(kinds).flatMap(([key, kind]) => {
    const entries: unknown = (ingest as Readonly<Record<string, unknown>>)[key];
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((entry, at) => {
      const use = report.isValid(key, at) ? kind.brokerUse?.(entry as never) : undefined;
      return use === undefined ? [] : [{ ...use, entry: [key, at] }];
    });
  });
}

/** Two sessions with one client id at one broker end each other's connections. */
function reportSharedSessions(uses: readonly Used[], report: Report): void {
  const sessions = uses.map(({ url, clientId, entry, session }) => ({
    key: JSON.stringify([brokerOf(url), clientId]),
    path: [...entry, ...session, 'clientId'],
    at: [...entry, ...session],
    clientId,
  }));
  const messageOf = ({ at }: { at: readonly PropertyKey[] }): string =>
    `is the same as that of ${report.at(...at)} at the same broker; the two would end each other's connections`;
  reportRepeated(sessions, report, messageOf, ({ clientId }) => clientId);
}

/** Messages that the driver publishes must not arrive at it as readings. */
function reportLoops(uses: readonly Used[], report: Report): void {
  const subscriptions = uses.flatMap(({ url, entry, subscriptions: all = [] }) =>
    all.map(({ filter, path }) => ({ filter, broker: brokerOf(url), path: [...entry, ...path] })),
  );
  for (const { url, entry, topic, path } of publicationsOf(uses)) {
    const back = subscriptions.find((one) => one.broker === brokerOf(url) && overlap(one.filter, topic));
    if (back === undefined) continue;
    const message = `is a topic that ${report.at(...back.path)} subscribes to at the same broker: what is published would arrive again, indefinitely`;
    report.problem([...entry, ...path, 'topic'], message);
  }
}

const publicationsOf = (uses: readonly Used[]) =>
  uses.flatMap(({ url, entry, publications = [] }) => publications.map((one) => ({ ...one, url, entry })));

/** A consumer stores one position. Two entries with the same consumer would share the readings between them. */
function reportSharedConsumers(uses: readonly Used[], report: Report): void {
  const named = publicationsOf(uses).flatMap(({ durable, entry, path }) =>
    durable === undefined ? [] : [{ key: durable, path: [...entry, ...path, 'durable'], at: [...entry, ...path] }],
  );
  reportRepeated(named, report, ({ at }) => `is the same as that of ${report.at(...at)}`);
}

/** At-least-once publication requires that the stream stores the readings. */
function reportSubjects(uses: readonly Used[], { prefix, stream }: IngestKeys, report: Report): void {
  const published = publicationsOf(uses);
  if (published.length > 0 && report.isValid('stream') && stream.mode === 'core') {
    const lists = new Set(published.map(({ entry: [key = ''] }) => key));
    for (const key of lists) {
      report.problem([key], `needs the stream: ${report.at('stream', 'mode')} must be jetstream`);
    }
  }
  if (!report.isValid('prefix')) return;
  const below = `${prefix}.readings.`;
  for (const { subject, entry, path } of published) {
    if (subject.startsWith(below)) continue;
    report.problem([...entry, ...path, 'subject'], `must begin with ${JSON.stringify(below)}`);
  }
}
