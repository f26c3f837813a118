/**
 * Looks whether the broker is still there. The client's own look does not do: it counts the answer to its ping only when
 * everything before it has been taken, so that a connection would break whenever the bus is slower than the broker.
 */
import type { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';

export interface HeartbeatOptions {
  readonly client: MqttClient;
  /** True while nothing is read by our own choice; silence says nothing then. */
  readonly holding: () => boolean;
  readonly onPing: () => void;
  readonly onPong: () => void;
  /** Nothing came for so many seconds, one and a half times the keep-alive. */
  readonly onSilence: (seconds: number) => void;
}

/**
 * Bytes that have come from the broker. They are a sign of life before packets are: a large one on a slow line takes its
 * time. Each stream that `dial` makes knows them.
 */
export const bytesFrom = ({ stream }: MqttClient): number =>
  (stream as Partial<Pick<Socket, 'bytesRead'>>).bytesRead ?? 0;

/** Pings twice in a keep-alive, so that the broker hears of us in time even if one is late. Returns what ends it. */
export function startHeartbeat({ client, holding, onPing, onPong, onSilence }: HeartbeatOptions): () => void {
  // A broker of MQTT 5 may have set another keep-alive than the one that was asked for.
  const seconds = client.keepalive;
  let last = bytesFrom(client);
  // Ticks and not times: while the process stands still, for example in a suspended machine, none pass.
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
