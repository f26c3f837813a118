/** What every connection to an I3 broker has in common, be it to buy or to sell. */
import type { BusLogger } from '../../bus/logger.ts';
import type { IngestConfig } from '../../config/config.ts';
import { openLink, type LinkOptions, type MqttLink } from '../mqtt/link.ts';
import { loginOf } from './credentials.ts';

/** The keys that buyers and sellers share. */
type AccountConfig = Omit<IngestConfig['i3'][number], 'products' | 'allowWildcards'>;

/** What is left to say about a link. */
type Rest = Pick<LinkOptions, 'subscriptions' | 'onMessage' | 'full' | 'room' | 'onState'>;

/** For a buyer the marketplace counts by client id, and takes it for the name of the account. */
export const clientIdOf = ({ clientId, user }: Pick<AccountConfig, 'clientId' | 'user'>): string => clientId ?? user;

export function openI3Link(account: AccountConfig, logger: BusLogger, rest: Rest): MqttLink {
  const { name, url, tls, keepAliveSeconds, connectTimeoutMs } = account;
  return openLink({
    ...{ url, tls, keepAliveSeconds, connectTimeoutMs, logger },
    // The marketplace's broker is an old one.
    version: '3.1.1',
    // MQTT 3.1.1 knows none; how long the session lives, the broker decides.
    sessionExpirySeconds: 0,
    clientId: clientIdOf(account),
    credentials: () => loginOf(account),
    label: `I3 broker "${name}"`,
    ...rest,
  });
}
