/** Calls of a poll to a server: in the lane of its poller, counted, and with a timeout. */
import { DriverError } from '../../contract/errors.ts';
import { abortAfter } from '../../lib/abort.ts';
import type { Pause, SourceCall } from '../../sources/source.ts';
import type { Lane } from '../limits/fair-limiter.ts';
import type { Host } from '../hosts.ts';

/** A poll has the default time budget of a request. Waiting for its turn does not count. */
const POLL_MS = 30_000;

/**
 * Reads from a server with limited calls.
 * @param lane its turns among all other calls
 * @param ended ends the poll early
 */
export async function pollCall<T>(
  host: Host,
  lane: Lane,
  ended: AbortSignal,
  read: (call: SourceCall) => Promise<T>,
): Promise<T> {
  // A separate controller, not one composed with `ended`: listeners that a source leaves on it must be released with
  // the poll.
  const controller = new AbortController();
  const { signal } = controller;
  const end = (): void => {
    controller.abort(ended.reason);
  };
  ended.addEventListener('abort', end, { once: true });
  let clearLimit: (() => void) | undefined;
  const run = <R>(call: (pause?: Pause) => Promise<R>): Promise<R> =>
    lane.run((pause) => {
      clearLimit ??= abortAfter(POLL_MS, controller, () => silent(host));
      return host.health.call(() => call(pause), signal);
    });
  try {
    return await read({ signal, run });
  } finally {
    clearLimit?.();
    ended.removeEventListener('abort', end);
  }
}

function silent({ source }: Host): DriverError {
  return new DriverError('timeout', `Server "${source.name}" does not answer within ${POLL_MS / 1000} seconds.`);
}
