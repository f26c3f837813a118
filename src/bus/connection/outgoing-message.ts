/** A message on its way to the bus, and the reasons why it may not get there. */
import type { MsgHdrs } from 'nats';

export interface OutgoingMessage {
  subject: string;
  data: Uint8Array;
  headers?: MsgHdrs | undefined;
  /** Where the server tells that nobody is there to receive the message. */
  reply?: string | undefined;
  /** Bytes of headers and data together, which is what the server's max_payload counts. */
  size: number;
  /** What to send when a new connection brings a smaller max_payload than this message was cut for. */
  substitute?: () => OutgoingMessage;
}

export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** A message could not be handed over in time, or the bus was closed; the text is fit for a person. */
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
