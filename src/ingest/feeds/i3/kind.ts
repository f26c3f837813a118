/** Products of an I3 marketplace, for a buyer, as a kind of feed. */
import { namedList } from '../../../config/uniqueness.ts';
import { hideSecrets } from '../../../lib/shown-value.ts';
import { feedKind } from '../../kind.ts';
import { clientIdOf } from './account.ts';
import { i3Schema } from './config.ts';
import { openI3Feed } from './feed.ts';

export const i3 = feedKind({
  schema: namedList(i3Schema).describe('I3 data marketplaces as a buyer, one entry for each connection.'),
  open: (marketplaces, tools) => marketplaces.map((marketplace) => openI3Feed(marketplace, tools)),
  summary: (marketplaces) => marketplaces.map(({ name, url }) => `i3 ${name}: ${hideSecrets(url)}`),
  brokerUse: (entry) => ({
    ...{ url: entry.url, clientId: clientIdOf(entry), session: [] },
    subscriptions: entry.products.map(({ topic }, at) => ({ filter: topic, path: ['products', at] })),
  }),
});
