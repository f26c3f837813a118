/**
 * Sends a single packet with the client's private sender. The client has no public way to acknowledge a message out of
 * order. A test with a real broker checks that the private member still works.
 */
import type { MqttClient } from 'mqtt';

interface Sender {
  _sendPacket(packet: object, done?: (error?: Error) => void): void;
}

export type OwnPacket =
  | { readonly cmd: 'puback'; readonly messageId: number; readonly reasonCode: 0 }
  | { readonly cmd: 'disconnect'; readonly reasonCode: 0 };

/** Only for a connected client: another one keeps the packet for its next connection. */
export function sendPacket(client: MqttClient, packet: OwnPacket): void {
  (client as unknown as Sender)._sendPacket(packet);
}
