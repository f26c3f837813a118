/** What the driver says of its feeds. */
import type { NatsConnection } from 'nats';
import type { FeedHealth, Health } from '../../src/contract/health.ts';
import { HEALTH_TOPIC } from './harness.ts';

const PATIENCE_MS = 15_000;

/** Resolves with the first report in which a feed is as wanted; fails when that does not come. */
export async function feedThatIs(
  connection: NatsConnection,
  name: string,
  fits: (feed: FeedHealth) => boolean,
): Promise<FeedHealth> {
  const reports = connection.subscribe(HEALTH_TOPIC);
  const timer = setTimeout(() => {
    reports.unsubscribe();
  }, PATIENCE_MS);
  try {
    for await (const report of reports) {
      const feed = report.json<Health>().feeds?.find((one) => one.name === name && fits(one));
      if (feed !== undefined) return feed;
    }
    throw new Error(`The driver did not report feed "${name}" as expected.`);
  } finally {
    clearTimeout(timer);
    reports.unsubscribe();
  }
}
