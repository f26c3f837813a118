/**
 * `settings.ingest.i3[]`: products of an I3 marketplace, bought or one's own, with an alarm for each silent product.
 */
import type { Feed, FeedTools } from '../../feed.ts';
import { TopicFeed } from '../topic-feed.ts';
import { accountConnection } from './account.ts';
import type { I3Config } from './config.ts';
import { stalenessAdvice } from './staleness-advice.ts';

/** One configured marketplace connection. It does not connect before `start`. */
export function openI3Feed(marketplace: I3Config, tools: FeedTools): Feed {
  const { name, products, allowWildcards: _checked, ...account } = marketplace;
  return new TopicFeed({
    ...accountConnection({ name, ...account }),
    origin: { scheme: 'i3', connection: name },
    entries: products.map((product) => ({ ...product, filter: product.topic })),
    stalenessAdvice: stalenessAdvice(account),
    tools,
  });
}
