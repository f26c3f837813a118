/** What is told of a product from which nothing comes. A marketplace denies by silence, so the causes have to be guessed. */
import type { Silent } from '../silence.ts';

/** What the texts depend on. */
export interface Subscriber {
  readonly user: string;
  readonly clientId: string;
}

/** Products named in one text; of more of them the rest is counted. */
const MOST_NAMED = 5;

/** How it is with all silent products, and what to do. */
export function silenceText(silent: readonly Silent[], subscriber: Subscriber): string {
  const named = silent.slice(0, MOST_NAMED).map(({ name, afterMs, heardMs }) => {
    const since = heardMs === undefined ? 'at all so far' : `since ${new Date(heardMs).toISOString()}`;
    return `"${name}" (nothing ${since}; the alarm is at ${duration(afterMs)})`;
  });
  const rest = silent.length - named.length;
  const products = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `No message of ${products}. The broker grants every subscription and denies by silence. ${advice(subscriber)}`;
}

function advice({ user, clientId }: Subscriber): string {
  if (user.includes('$')) {
    return `Check that the product belongs to the hub of the device "${user}", that its name is spelt as there, and that something publishes to it.`;
  }
  const byId =
    clientId === user
      ? ''
      : ` The client id is "${clientId}" and not the name of the account, by which the marketplace counts deliveries.`;
  return `Check at the marketplace that "${user}" has bought it, that the seller has approved it if it is restricted, that the purchase was not revoked and that its quantity is not used up; each of these is felt up to 5 minutes later. Check also the spelling of the topic, and that the seller publishes.${byId}`;
}

function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}
