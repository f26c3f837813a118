/**
 * Detects a dead broker. The client's own keep-alive is unsuitable: it processes the ping response only after all
 * earlier messages, so the connection breaks whenever the bus is slower than the broker.
 */
import type { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';

export interface HeartbeatOptions {
  readonly client: MqttClient;
  /** True while the driver itself pauses reading. Silence has no meaning then. */
  readonly holding: () => boolean;
  readonly onPing: () => void;
  readonly onPong: () => void;
  /** Called after this many seconds without data, one and a half times the keep-alive. */
  readonly onSilence: (seconds: number) => void;
}

/**
 * Bytes received from the broker. They show that it is alive before a packet is complete: a large one takes time on a
 * slow line. Each stream that `dial` creates counts them.
 */
export const bytesFrom = ({ stream }: MqttClient): number =>
  (stream as Partial<Pick<Socket, 'bytesRead'>>).bytesRead ?? 0;

/**
 * Pings twice per keep-alive, so that the broker receives one in time even if the other is late. Returns a function
 * that stops it.
 */
export function startHeartbeat({ client, holding, onPing, onPong, onSilence }: HeartbeatOptions): () => void {
  // An MQTT 5 broker may set another keep-alive than the requested one.
  const seconds = client.keepalive;
  let last = bytesFrom(client);
  // Counts ticks instead of times: none pass while the process is suspended, for example in a paused virtual machine.
  let silentTicks = 0;
  const heard = (packet: { cmd: string }): void => {
    silentTicks = 0;
    if (packet.cmd === 'pingresp') onPong();
  };
  client.on('packetreceive', heard);
  const timer = setInterval(() => {
    const now = bytesFrom(client);
    silentTicks = holding() || now !== last ? 0 : silentTicks + 1;
    last = now;
    if (silentTicks >= 3) {
      onSilence(seconds * 1.5);
      return;
    }
    onPing();
    client.sendPing();
  }, seconds * 500);
  return () => {
    clearInterval(timer);
    client.off('packetreceive', heard);
  };
}
