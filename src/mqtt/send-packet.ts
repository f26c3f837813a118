/**
 * Sends a single packet by the client's own sender. The client has no public way to acknowledge a message later than in
 * its turn, so this reaches for a private member; a test on a real broker shows that it is still there and does that.
 */
import type { MqttClient } from 'mqtt';

interface Sender {
  _sendPacket(packet: object, done?: (error?: Error) => void): void;
}

export type OwnPacket =
  | { readonly cmd: 'puback'; readonly messageId: number; readonly reasonCode: 0 }
  | { readonly cmd: 'disconnect'; readonly reasonCode: 0 };

/** Only for a client that is connected: another one would keep the packet for its next connection. */
export function sendPacket(client: MqttClient, packet: OwnPacket): void {
  (client as unknown as Sender)._sendPacket(packet);
}
