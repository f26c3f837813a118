/** Bus traffic since the start. The client restarts its counts with each connection; this module sums them. */
import type { NatsConnection } from 'nats';
import type { BusConnection } from './connection.ts';

/** All counts only grow. Bytes are those of message bodies. */
export interface ConnectionStats {
  /** Connections that were established, including the first. */
  connections: number;
  bytesIn: number;
  bytesOut: number;
  messagesIn: number;
  messagesOut: number;
}

/** Starts counting at once. Call it before the bus is connected. */
export function countConnectionStats(connection: BusConnection): () => ConnectionStats {
  const past: ConnectionStats = { connections: 0, bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 };
  let live: NatsConnection | undefined;
  connection.use((nc) => {
    // The counts of a connection stay readable after it has ended.
    if (live !== undefined) add(past, live);
    live = nc;
    past.connections++;
  });
  return () => {
    const sum = { ...past };
    if (live !== undefined) add(sum, live);
    return sum;
  };
}

function add(sum: ConnectionStats, nc: NatsConnection): void {
  const { inBytes, outBytes, inMsgs, outMsgs } = nc.stats();
  sum.bytesIn += inBytes;
  sum.bytesOut += outBytes;
  sum.messagesIn += inMsgs;
  sum.messagesOut += outMsgs;
}
