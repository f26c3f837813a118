/** Settings that all connections to an I3 broker share, for buyers and for sellers. */
import type { BrokerCredentials, BrokerOptions } from '../../../mqtt/client.ts';
import type { I3Config } from './config.ts';
import { loginOf } from './credentials.ts';

/** The configuration keys that buyers and sellers share. */
export type Account = Omit<I3Config, 'products' | 'allowWildcards'>;

/** The client options that follow from the account. */
export interface AccountConnection {
  readonly connection: BrokerOptions;
  readonly version: '3.1.1';
  readonly clientId: string;
  readonly credentials: () => Promise<BrokerCredentials>;
  readonly label: string;
}

/** For a buyer the marketplace meters by client id, and takes it for the account name. */
export const clientIdOf = ({ clientId, user }: Pick<Account, 'clientId' | 'user'>): string => clientId ?? user;

/** Whether the account is a buyer. The user name of a device contains a `$`. */
export const isMetered = ({ user }: Pick<Account, 'user'>): boolean => !user.includes('$');

export function accountConnection(account: Account): AccountConnection {
  const { name, url, tls, keepAliveSeconds, connectTimeoutMs } = account;
  return {
    connection: { url, tls, keepAliveSeconds, connectTimeoutMs },
    // The marketplace's broker supports only this version.
    version: '3.1.1',
    clientId: clientIdOf(account),
    credentials: () => loginOf(account),
    label: `I3 broker "${name}"`,
  };
}
