/**
 * `settings.ingest.i3[]`: products of an I3 marketplace, bought or one's own, with an alarm for each silent product, as
 * a kind of feed.
 */
import { namedList } from '../../../config/uniqueness.ts';
import { hideSecrets } from '../../../lib/wording/shown-value.ts';
import { feedKind } from '../../kind.ts';
import { brokerGroup } from '../../../mqtt/check.ts';
import { accountConnection, clientIdOf, isMetered } from './account.ts';
import { i3Schema, type I3Config } from './config.ts';
import type { Feed, FeedTools } from '../../feed.ts';
import { subscriptionsOf, TopicFeed } from '../topic-feed.ts';
import { stalenessAdvice } from './staleness-advice.ts';

export const i3 = feedKind({
  schema: namedList(i3Schema).describe('I3 data marketplaces as a buyer, one entry for each connection.'),
  open: (marketplaces, tools) => marketplaces.map((marketplace) => openI3Feed(marketplace, tools)),
  summary: (marketplaces) => marketplaces.map(({ name, url }) => `i3 ${name}: ${hideSecrets(url)}`),
  check: (marketplaces, { takeOver }) =>
    marketplaces.map(({ products, allowWildcards: _checked, ...account }) => {
      const { connection, ...login } = accountConnection(account);
      const subscriptions = subscriptionsOf(products.map((product) => ({ ...product, filter: product.topic })));
      const prescribed = isMetered(account)
        ? 'The marketplace counts what a buyer receives by the client id'
        : undefined;
      const options = { ...connection, ...login };
      return brokerGroup({ name: `i3 ${account.name}`, options, subscriptions, prescribed, takeOver });
    }),
  brokerUse: (entry) => ({
    ...{ url: entry.url, clientId: clientIdOf(entry), session: [] },
    subscriptions: entry.products.map(({ topic }, at) => ({ filter: topic, path: ['products', at] })),
  }),
});

/** One configured marketplace connection. It does not connect before `start`. */
function openI3Feed(marketplace: I3Config, tools: FeedTools): Feed {
  const { name, products, allowWildcards: _checked, ...account } = marketplace;
  return new TopicFeed({
    ...accountConnection({ name, ...account }),
    origin: { scheme: 'i3', connection: name },
    entries: products.map((product) => ({ ...product, filter: product.topic })),
    stalenessAdvice: stalenessAdvice(account),
    tools,
  });
}
