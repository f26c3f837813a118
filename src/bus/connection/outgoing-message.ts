/** An outgoing bus message, and the reasons why it may fail. */
import type { MsgHdrs } from 'nats';

export interface OutgoingMessage {
  subject: string;
  data: Uint8Array;
  headers?: MsgHdrs | undefined;
  /** Subject on which the server reports that there is no receiver. */
  reply?: string | undefined;
  /** Bytes of headers and data together. The server's max_payload counts both. */
  size: number;
  /** Replacement to send if a new connection has a smaller max_payload than this message was built for. */
  substitute?: () => OutgoingMessage;
}

/** A message could not be sent in time, or the bus was closed. The text is suitable for operators. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
}

/** Bytes of the header block, which max_payload counts too. */
export function headerBytes(block: MsgHdrs | undefined): number {
  if (block === undefined) return 0;
  let bytes = Buffer.byteLength('NATS/1.0\r\n\r\n');
  for (const [key, values] of block) {
    for (const value of values) bytes += Buffer.byteLength(`\r\n${key}: ${value}`);
  }
  return bytes;
}
