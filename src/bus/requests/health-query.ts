/** Asks the running drivers on a request topic for their health, for the command `check`, a process of the same user. */
import type { Msg, NatsConnection } from 'nats';
import { healthSchema, type Health } from '../../contract/health.ts';
import { hasNoResponders, newReplySubject } from './inbox.ts';
import { ASK_HEALTH } from './replicas.ts';

/** Time for the first answer, and for further ones after each. */
const FIRST_MS = 2000;
const FURTHER_MS = 300;
/** Most replicas that are shown. */
const MOST_DRIVERS = 100;

/**
 * Asks the running drivers, over the subject on which replicas ask each other, so it needs no further right. Empty if
 * none answers. The answers are in the order of their instances.
 */
export async function askHealth(nc: NatsConnection, control: string): Promise<Health[]> {
  const found: Health[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    resolve(undefined);
  };
  let timer = setTimeout(end, FIRST_MS);
  const reply = newReplySubject(control);
  const subscription = nc.subscribe(reply, {
    callback: (error, message) => {
      if (error !== null || hasNoResponders(message) || found.length >= MOST_DRIVERS) {
        end();
        return;
      }
      const health = parsed(message);
      if (health !== undefined) found.push(health);
      clearTimeout(timer);
      timer = setTimeout(end, FURTHER_MS);
    },
  });
  nc.publish(control, JSON.stringify(ASK_HEALTH), { reply });
  void nc.closed().then(end);
  await promise;
  clearTimeout(timer);
  if (!nc.isClosed()) subscription.unsubscribe();
  return found.sort((a, b) => (a.instance < b.instance ? -1 : 1));
}

/** Undefined if it is no health, or that of another version. */
function parsed(message: Msg): Health | undefined {
  try {
    return healthSchema.safeParse(JSON.parse(Buffer.from(message.data).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
