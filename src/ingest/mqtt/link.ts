/**
 * A connection to an MQTT broker that never gives up. Each attempt is a client of its own with fresh credentials, so an
 * acknowledgement can never reach another connection than the one on which its message came.
 */
import type { BusLogger } from '../../bus/logger.ts';
import type { SecretSource } from '../../config/secret.ts';
import type { Nanoseconds } from '../../contract/instant.ts';

/** Log-in of one attempt. */
export interface LinkCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface Subscription {
  /** MQTT topic filter; may begin with `$share/<group>/`. */
  readonly filter: string;
  readonly qos: 0 | 1;
}

/** A message as the broker delivered it. */
export interface Incoming {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** Kept by the broker from before our subscription, so of unknown age. */
  readonly retained: boolean;
  /** Time of arrival; of a redelivered message that of its first arrival, where this process saw it. */
  readonly received: Nanoseconds;
}

export interface LinkOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string;
  readonly version: '3.1.1' | '5';
  readonly tls: {
    readonly caFile?: SecretSource | undefined;
    readonly certFile?: SecretSource | undefined;
    readonly keyFile?: SecretSource | undefined;
    readonly serverName?: string | undefined;
    readonly insecureSkipVerify: boolean;
  };
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly sessionExpirySeconds: number;
  /** Called for every attempt. What it throws counts as a refused log-in, and its message is shown. */
  readonly credentials: () => Promise<LinkCredentials>;
  /** What to listen to; asked for with every connection. */
  readonly subscriptions: () => readonly Subscription[];
  /** The message is acknowledged when this resolves, and not at all when it rejects. */
  readonly onMessage: (message: Incoming) => Promise<void>;
  /** True while no further message can be taken; the link then makes the broker wait. */
  readonly full: () => boolean;
  /** Resolves when a message can be taken again. */
  readonly room: () => Promise<void>;
  /** For texts: "MQTT broker \"hall\"". */
  readonly label: string;
  readonly logger: BusLogger;
}

/** What a link has for those who send (a seller's way out of the bus). A link for sending alone has no subscriptions. */
export interface LinkPublishing {
  /**
   * Sends one message, not retained. Resolves with the broker's PUBACK (QoS 1), or when it was handed to the network
   * (QoS 0). Messages leave in the order of the calls.
   * @throws Error when there is no connection now, or when it ended before; the link keeps nothing for later
   */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void>;
  /** Calls when a connection is ready for use, each time; returns the end of it. */
  onUp(listener: () => void): () => void;
}
