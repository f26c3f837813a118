/** Products of an I3 marketplace, for a seller, as a kind of feed in the other direction. */
import { namedList } from '../../config/uniqueness.ts';
import { hideSecrets } from '../../lib/wording/shown-value.ts';
import { brokerGroup } from '../../mqtt/check.ts';
import { accountConnection, clientIdOf } from '../feeds/i3/account.ts';
import { feedKind } from '../kind.ts';
import { egressSchema } from './config.ts';
import { openEgressFeed } from './feed.ts';

export const egress = feedKind({
  schema: namedList(egressSchema).describe(
    'I3 data marketplaces as a seller: readings on the bus published to products.',
  ),
  open: (sellers, tools) => sellers.map((seller) => openEgressFeed(seller, tools)),
  summary: (sellers) => sellers.map(({ name, url }) => `egress ${name}: ${hideSecrets(url)}`),
  check: (sellers, { takeOver }) =>
    sellers.map(({ publish, inFlight: _inFlight, ackWaitMs: _ackWaitMs, ...account }) => {
      const { connection, ...login } = accountConnection(account);
      const publications = publish.map(({ topic }) => topic);
      const options = { ...connection, ...login };
      return brokerGroup({ name: `egress ${account.name}`, options, subscriptions: [], publications, takeOver });
    }),
  brokerUse: (entry) => ({
    ...{ url: entry.url, clientId: clientIdOf(entry), session: [] },
    publications: entry.publish.map(({ subject, topic, durable }, at) => ({
      ...{ subject, topic, durable, path: ['publish', at] },
    })),
  }),
});
