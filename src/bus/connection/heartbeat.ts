/**
 * Notices a server that has fallen silent. The client's own pings do the same, but give up by a polite write that
 * never ends when the server has stopped reading; so ours replace them and close the socket hard.
 */
import type { NatsConnection } from 'nats';

/** Pings that may be unanswered before the connection counts as dead. */
const allowedMissing = 2;

export interface Heartbeat {
  stop(): void;
}

/** Pings every `intervalMs`; calls `onStale` once, after the third interval without any answer. */
export function startHeartbeat(nc: NatsConnection, intervalMs: number, onStale: (silentMs: number) => void): Heartbeat {
  let missing = 0;
  const timer = setInterval(() => {
    if (missing >= allowedMissing) {
      clearInterval(timer);
      onStale((missing + 1) * intervalMs);
      return;
    }
    missing++;
    nc.flush().then(
      () => {
        missing = 0;
      },
      // The connection is gone; whoever watches it stops this heartbeat.
      () => undefined,
    );
  }, intervalMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
