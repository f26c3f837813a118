/** One connection to a broker, from the login to its end. It does not reconnect; the client makes the next one. */
import type { IConnackPacket, IPublishPacket, MqttClient, Packet } from 'mqtt';
import { withTimeout } from '../lib/timeout.ts';
import type { SecretFilter } from '../net/secret-filter.ts';
import { connackRefusal, disconnected } from './reason-codes.ts';
import { startHeartbeat } from './heartbeat.ts';
import { attemptFailure, keepAliveExpired, lostConnection, type AttemptFacts, type BrokerError } from './errors.ts';
import type { PacketReceiver } from './receiver.ts';

/**
 * How a connection ended. `full`: closed because no more messages could be accepted; `left`: closed because the driver
 * stops.
 */
export type End = BrokerError | 'full' | 'left';

/** The broker's response to an accepted login. */
export interface LoginAnswer {
  readonly sessionPresent: boolean;
  /** Session expiry in seconds, if it differs from the requested one (MQTT 5). */
  readonly sessionExpirySeconds: number | undefined;
}

/** To the client, both values mean: continue with the next packet and send no acknowledgement. */
const LATER = new Error('The acknowledgement follows when the message is safe.');
const NOT_TAKEN = new Error('The message was not taken; the broker keeps it.');

/** Most characters of the broker's reason text that are reported. */
const LONGEST_REASON = 200;

/** Time that the broker has to close the connection after a DISCONNECT. */
const GOODBYE_MS = 1000;

export class Connection {
  readonly client: MqttClient;
  readonly facts: AttemptFacts;
  /** Resolves when the broker has accepted the login, or the connection has ended. */
  readonly opened: Promise<LoginAnswer | undefined>;
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<End>;
  readonly #receiver: PacketReceiver;
  readonly #secrets: SecretFilter;
  readonly #opening = Promise.withResolvers<LoginAnswer | undefined>();
  readonly #ending = Promise.withResolvers<End>();
  #connack: IConnackPacket | undefined;
  #streamError: unknown;
  #end: End | undefined;
  #leaving: 'full' | 'left' | undefined;
  #holding: NodeJS.Timeout | undefined;
  #stopHeartbeat: () => void = () => undefined;

  /**
   * Takes over a client that has just started to connect.
   * @param secrets secrets of the login, removed from the broker's texts
   */
  constructor(client: MqttClient, facts: AttemptFacts, receiver: PacketReceiver, secrets: SecretFilter) {
    this.client = client;
    this.facts = facts;
    this.#secrets = secrets;
    this.#receiver = receiver;
    this.opened = this.#opening.promise;
    this.ended = this.#ending.promise;
    // The client does not forward every error of the stream.
    client.stream.on('error', (error: unknown) => {
      this.#streamError ??= error;
    });
    client.on('packetreceive', (packet) => {
      this.#look(packet);
    });
    client.on('connect', () => {
      this.#open();
    });
    client.on('error', (error) => {
      this.#fail(this.#streamError ?? error);
    });
    client.on('close', () => {
      this.#fail(this.#streamError);
    });
    client.handleMessage = (packet, next) => {
      this.#handle(packet, next);
    };
  }

  /** Whether packets can be sent. */
  get live(): boolean {
    return this.#end === undefined && this.#leaving === undefined && this.client.connected;
  }

  /** True while reading is paused because no more messages can be accepted. */
  get holding(): boolean {
    return this.#holding !== undefined;
  }

  /** Sends a DISCONNECT, so that the broker keeps incoming messages from now on, and ends. */
  async leave(why: 'full' | 'left'): Promise<void> {
    const polite = this.live;
    this.#leaving ??= why;
    if (polite) {
      sendPacket(this.client, { cmd: 'disconnect', reasonCode: 0 });
      this.client.stream.end();
      await withTimeout(GOODBYE_MS, this.ended);
    }
    this.finish(why);
  }

  /** Ends at once. */
  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = this.#leaving ?? end;
    clearTimeout(this.#holding);
    this.#stopHeartbeat();
    this.client.end(true);
    this.#opening.resolve(undefined);
    this.#ending.resolve(this.#end);
  }

  #look(packet: Packet): void {
    if (packet.cmd === 'connack' && this.#connack === undefined) {
      this.#connack = packet;
      const code = this.facts.version === '5' ? packet.reasonCode : packet.returnCode;
      if (code !== undefined && code !== 0) {
        this.finish(connackRefusal(code, this.#reasonString(packet.properties), this.facts));
        return;
      }
      // Before the first message of the session.
      this.#receiver.redeliveries.reconnected(packet.sessionPresent);
    } else if (packet.cmd === 'disconnect') {
      this.finish(disconnected(packet.reasonCode ?? 0, this.#reasonString(packet.properties), this.facts));
    }
  }

  /** The broker's reason text. Empty if there is none. */
  #reasonString(properties: { reasonString?: string } | undefined): string {
    return this.#secrets.clean(properties?.reasonString ?? '', LONGEST_REASON);
  }

  #open(): void {
    if (this.#end !== undefined) return;
    const { redeliveries } = this.#receiver;
    this.#stopHeartbeat = startHeartbeat({
      client: this.client,
      holding: () => this.holding,
      onPing: () => {
        redeliveries.pinged();
      },
      onPong: () => {
        redeliveries.answered();
      },
      onSilence: (seconds) => {
        this.finish(keepAliveExpired(seconds, this.facts));
      },
    });
    this.#opening.resolve({
      sessionPresent: this.#connack?.sessionPresent ?? false,
      sessionExpirySeconds: this.#connack?.properties?.sessionExpiryInterval,
    });
  }

  #fail(error: unknown): void {
    const { facts } = this;
    this.finish(this.#connack === undefined ? attemptFailure(error, facts) : lostConnection(error, facts));
  }

  /** The client does not continue with the next packet until `next` is called. Must not throw into the client. */
  #handle(packet: IPublishPacket, next: (error?: Error) => void): void {
    const kept = packet.qos === 1;
    if (!this.#receiver.taking || (kept && !this.live)) {
      next(NOT_TAKEN);
    } else if (this.#receiver.full) {
      this.#hold(packet, next);
    } else {
      this.#receiver.receive(packet, (messageId) => this.#acknowledge(messageId));
      next(kept ? LATER : undefined);
    }
  }

  /**
   * Pauses reading, which makes the broker wait. Disconnects if that lasts, since a broker handles an absent client
   * better: it keeps the messages, or gives them to others of a shared subscription.
   */
  #hold(packet: IPublishPacket, next: (error?: Error) => void): void {
    this.#holding = setTimeout(() => {
      void this.leave('full');
    }, this.client.keepalive * 500);
    void this.#receiver.whenReady().then(() => {
      clearTimeout(this.#holding);
      this.#holding = undefined;
      this.#handle(packet, next);
    });
  }

  /**
   * Not in the order of arrival, which the standard requires of clients: brokers match by packet id, and a reading that
   * the bus rejects for long must not keep the others unacknowledged.
   */
  #acknowledge(messageId: number): boolean {
    if (!this.live) return false;
    sendPacket(this.client, { cmd: 'puback', messageId, reasonCode: 0 });
    return true;
  }
}

/** The client's private sender. A test with a real broker checks that it still works. */
interface PrivateSender {
  _sendPacket(packet: object, done?: (error?: Error) => void): void;
}

export type OwnPacket =
  | { readonly cmd: 'puback'; readonly messageId: number; readonly reasonCode: 0 }
  | { readonly cmd: 'disconnect'; readonly reasonCode: 0 };

/**
 * Sends a single packet: the client has no public way to acknowledge a message out of order. Only for a connected
 * client; another one keeps the packet for its next connection.
 */
export function sendPacket(client: MqttClient, packet: OwnPacket): void {
  (client as unknown as PrivateSender)._sendPacket(packet);
}
