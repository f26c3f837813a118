import type { NatsConnection } from 'nats';

/** What ends the round trips under way on a connection. One listener each on `closed` would stay as long as it does. */
const underWay = new WeakMap<NatsConnection, Set<(reason: Error) => void>>();

/**
 * Resolves when the server has received everything sent on the connection so far. Rejects if the connection ends first.
 * The client's own `flush` never settles in that case, so the bus does not call it anywhere else.
 */
export async function roundTrip(nc: NatsConnection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const rejects = rejectsOf(nc);
  rejects.add(reject);
  nc.flush().then(resolve, reject);
  await promise.finally(() => rejects.delete(reject));
}

function rejectsOf(nc: NatsConnection): Set<(reason: Error) => void> {
  const known = underWay.get(nc);
  if (known !== undefined) return known;
  const rejects = new Set<(reason: Error) => void>();
  underWay.set(nc, rejects);
  void nc.closed().then((cause) => {
    const text = 'The connection ended before the server confirmed what was sent on it.';
    for (const reject of rejects) reject(new Error(text, { cause }));
  });
  return rejects;
}
