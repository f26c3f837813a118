/** What went over the bus since the start. The client counts anew with each connection; this sums up. */
import type { NatsConnection } from 'nats';
import type { BusConnection } from './connection.ts';

/** All of them only grow. Bytes are those of message bodies. */
export interface ConnectionStats {
  /** Connections that were made; the first one counts too. */
  connections: number;
  bytesIn: number;
  bytesOut: number;
  messagesIn: number;
  messagesOut: number;
}

/** Begins to count at once; call it before the bus is connected. */
export function countConnectionStats(connection: BusConnection): () => ConnectionStats {
  const past: ConnectionStats = { connections: 0, bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 };
  let live: NatsConnection | undefined;
  connection.use((nc) => {
    // The numbers of a connection can still be read when it has ended.
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
