/** A broker that answers as it is told, for answers that mosquitto never gives. Everything else is tested on a real one. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';
import { onTestFinished } from 'vitest';

export interface Peer {
  send(packet: Packet): void;
  /** Bytes as they are. */
  raw(bytes: Buffer): void;
  end(): void;
}

export interface ScriptedBroker {
  readonly url: string;
  /** All packets that came, over all connections. */
  readonly packets: Packet[];
}

/** @param answer called for every packet; what it does not answer stays unanswered. Ends with the test. */
export async function scriptedBroker(
  version: '3.1.1' | '5',
  answer: (packet: Packet, peer: Peer) => void,
): Promise<ScriptedBroker> {
  const protocolVersion = version === '5' ? 5 : 4;
  const packets: Packet[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const peer: Peer = {
      send: (packet) => socket.write(generate(packet, { protocolVersion })),
      raw: (bytes) => socket.write(bytes),
      end: () => socket.end(),
    };
    const reader = parser({ protocolVersion });
    reader.on('packet', (packet) => {
      packets.push(packet);
      answer(packet, peer);
    });
    socket.on('data', (bytes) => reader.parse(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, packets };
}

/** Takes every log-in and grants every subscription, after `first` had its say. */
export function kindly(first: (packet: Packet, peer: Peer) => boolean) {
  return (packet: Packet, peer: Peer): void => {
    if (first(packet, peer)) return;
    if (packet.cmd === 'connect') {
      peer.send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false });
    } else if (packet.cmd === 'subscribe') {
      const granted = packet.subscriptions.map(({ qos }) => qos);
      peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
    } else if (packet.cmd === 'pingreq') {
      peer.send({ cmd: 'pingresp' });
    }
  };
}
