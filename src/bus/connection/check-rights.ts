/**
 * Tries rights at a NATS server without an effect on others. A subscription is ended in the same write that makes it.
 * A message has a reply subject that the server reserves for itself: the server checks the right to publish first, then
 * refuses the reply subject and delivers the message to nobody.
 */
import { Events, type NatsConnection } from 'nats';
import { setImmediate } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { roundTrip } from './round-trip.ts';

export interface TriedAction {
  readonly operation: 'publish' | 'subscribe';
  /** For a subscription it may be a pattern. */
  readonly subject: string;
}

/** Whether an action is allowed. Undefined if it could not be tried. */
export type TriedResult = 'allowed' | 'refused' | undefined;

/** The server uses subjects below it for its own routing, so a client must not name them (isServiceReply). */
const RESERVED = '_R_.iota-seeqdrv-check';

/**
 * Tries actions, and returns their results in the same order.
 * @param harmless a subject that nobody subscribes to, to test whether the server refuses the reserved reply subject
 * @throws if the connection ends
 */
export async function tryRights(
  nc: NatsConnection,
  actions: readonly TriedAction[],
  harmless: string,
): Promise<TriedResult[]> {
  const errors = new PermissionErrors(nc);
  const isPublishTested = await errors.during(() => {
    nc.publish(harmless, '', { reply: RESERVED });
  });
  const found = await errors.during(() => {
    for (const { operation, subject } of actions) {
      if (operation === 'subscribe') nc.subscribe(subject, { callback: () => undefined }).unsubscribe();
      else if (isPublishTested.length > 0) nc.publish(subject, '', { reply: RESERVED });
    }
  });
  const refused = new Set(
    found.map((one) => one && `${one.operation === 'publish' ? 'publish' : 'subscribe'} ${one.subject}`),
  );
  return actions.map(({ operation, subject }) => {
    if (refused.has(`${operation} ${subject}`)) return 'refused';
    return operation === 'publish' && isPublishTested.length === 0 ? undefined : 'allowed';
  });
}

/** A subject that matches a pattern and is used by nobody. */
export const unusedSubject = (pattern: string): string =>
  pattern
    .split('.')
    .map((token) => (token === '*' || token === '>' ? `check${randomUUID().replaceAll('-', '')}` : token))
    .join('.');

type PermissionError = { readonly operation: string; readonly subject: string } | undefined;

/** The permission errors of a connection. One without a subject is that of the reserved reply subject. */
class PermissionErrors {
  readonly #nc: NatsConnection;
  #seen: PermissionError[] = [];

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    // Only the end of the connection ends the loop.
    this.#watch().catch(() => undefined);
  }

  /** Those that an action causes. The server sends them before it answers the next ping. */
  async during(act: () => void): Promise<PermissionError[]> {
    this.#seen = [];
    act();
    await roundTrip(this.#nc);
    // The client hands its status events over by microtasks.
    await setImmediate();
    return this.#seen;
  }

  async #watch(): Promise<void> {
    for await (const { type, data, permissionContext } of this.#nc.status()) {
      if (type === Events.Error && data === 'PERMISSIONS_VIOLATION') this.#seen.push(permissionContext);
    }
  }
}
