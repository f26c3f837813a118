/**
 * Detects a server that no longer answers. The client's own pings do so too, but then wait for a last write, which
 * never ends if the server has stopped reading. These pings replace them and destroy the socket.
 */
import type { NatsConnection } from 'nats';
import { roundTrip } from './round-trip.ts';

/** Pings that may be unanswered before the connection is considered dead. */
const allowedMissing = 2;

export interface Heartbeat {
  stop(): void;
}

/** Pings every `intervalMs`. Calls `onStale` once, after the third interval without any answer. */
export function startHeartbeat(nc: NatsConnection, intervalMs: number, onStale: (silentMs: number) => void): Heartbeat {
  let missing = 0;
  const timer = setInterval(() => {
    if (missing >= allowedMissing) {
      clearInterval(timer);
      onStale((missing + 1) * intervalMs);
      return;
    }
    missing++;
    roundTrip(nc).then(
      () => {
        missing = 0;
      },
      // The connection has ended. Its owner stops this heartbeat.
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
