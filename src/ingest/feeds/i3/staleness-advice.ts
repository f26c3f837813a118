/**
 * Advice for a silent product. A marketplace denies access without a message, so the text lists the possible causes.
 */
import type { Account } from './account.ts';
import { clientIdOf } from './account.ts';

/** For the alarm text. */
export function stalenessAdvice(account: Pick<Account, 'user' | 'clientId'>): string {
  const { user } = account;
  const denial = 'The broker of a marketplace grants every subscription and denies by silence.';
  if (user.includes('$')) {
    return `${denial} Check that the product belongs to the hub of the device "${user}", that its name is spelt as there, and that something publishes to it.`;
  }
  const clientId = clientIdOf(account);
  const byId =
    clientId === user
      ? ''
      : ` The client id is "${clientId}" and not the name of the account, by which the marketplace counts deliveries.`;
  return `${denial} Check there that "${user}" has bought the product, that the seller has approved it if it is restricted, that the purchase was not revoked and that its quantity is not used up; each of these is felt up to 5 minutes later. Check also the spelling of the topic, and that the seller publishes.${byId}`;
}
