/**
 * The health of the running drivers on a request topic, for other processes of the same user: the command `check` asks,
 * every replica answers. Question and answers lie below the control subject, so they need no further right.
 */
import { createInbox, type Msg, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { healthSchema, type Health } from '../../contract/telemetry.ts';
import type { BusConnection } from '../connection/connection.ts';
import { KeptSubscription } from '../connection/kept-subscription.ts';
import { hasNoResponders } from './inbox.ts';

const subjectOf = (control: string): string => `${control}.health`;
/** Answers go to an inbox of the driver's own user only. */
const inboxOf = (control: string): string => `${control}.inbox`;

/** Answers questions with the health of this process. Returns a function that ends it. */
export function serveHealth(
  connection: BusConnection,
  control: string,
  health: () => Health,
  logger: Logger,
): () => void {
  const kept = new KeptSubscription(connection, {
    subject: subjectOf(control),
    onMessage: (message, nc) => {
      if (message.reply?.startsWith(`${inboxOf(control)}.`) !== true) return;
      try {
        const body = Buffer.from(JSON.stringify(health()), 'utf8');
        if (body.length <= (nc.info?.max_payload ?? 0)) message.respond(body);
      } catch (error) {
        limited(logger).error('health query', { err: error }, 'A question for the health could not be answered');
      }
    },
    onRefused: (err) => {
      logger.debug({ err }, 'The NATS server does not allow questions for the health; it is tried again');
    },
    onMoved: ({ subscription }) => {
      subscription.unsubscribe();
      return undefined;
    },
  });
  return () => {
    kept.stop();
    kept.current?.subscription.unsubscribe();
  };
}

/** Time for the first answer, and for further ones after each. */
const FIRST_MS = 2000;
const FURTHER_MS = 300;
/** Most replicas that are shown. */
const MOST_DRIVERS = 100;

/** Asks the running drivers. Empty if none answers. The answers are in the order of their instances. */
export async function askHealth(nc: NatsConnection, control: string): Promise<Health[]> {
  const found: Health[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    resolve(undefined);
  };
  let timer = setTimeout(end, FIRST_MS);
  const reply = createInbox(inboxOf(control));
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
  nc.publish(subjectOf(control), '', { reply });
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
