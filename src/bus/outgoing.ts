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
