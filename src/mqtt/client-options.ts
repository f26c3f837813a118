/** What a connection to an MQTT broker needs to know, and what it tells. */
import type { RetryDelays } from '../lib/backoff.ts';
import type { Logger } from '../contract/log.ts';
import type { Nanoseconds } from '../contract/instant.ts';
import type { TlsSources } from '../net/tls.ts';
import type { HttpProxy } from '../net/proxy.ts';

/** Log-in of one attempt. */
export interface BrokerCredentials {
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

/**
 * connecting: the first attempt runs; up: connected and subscribed; waiting: no further message can be taken, and the
 * broker keeps what comes; refused: the log-in or a subscription was refused; down: the broker cannot be reached.
 */
export interface BrokerClientState {
  readonly state: 'connecting' | 'up' | 'waiting' | 'refused' | 'down' | 'stopped';
  /** What is wrong, and what to do; no secrets. */
  readonly message?: string | undefined;
}

/** Counts since the start, and gauges where said. */
export interface BrokerClientMetrics {
  /** Connections on which the broker took the log-in. */
  connections: number;
  /** Messages of quality of service 0: the broker had already forgotten them when they arrived. */
  atMostOnce: number;
  /** Messages that the broker delivered again. */
  redelivered: number;
  acknowledged: number;
  /** Gauge: messages whose handler runs. */
  running: number;
}

/** Where a broker is; the configured keys that all kinds of MQTT feeds share. */
export interface BrokerOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string;
  /** Beyond the scheme of the URL. */
  readonly tls: TlsSources;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  /** The HTTP proxy to a `ws://` or `wss://` broker; others are reached directly. */
  readonly proxy?: HttpProxy | undefined;
  /** How long a broker of MQTT 5 keeps the session; one of 3.1.1 decides that itself. Default: a day. */
  readonly sessionExpirySeconds?: number | undefined;
}

export interface BrokerClientOptions extends BrokerOptions {
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  /** Messages that a broker of MQTT 5 may have under way to us; as many as the intake takes. */
  readonly receiveMaximum?: number | undefined;
  /** Called for every attempt. What it throws counts as a refused log-in, and its message is shown. */
  readonly credentials: () => Promise<BrokerCredentials>;
  /** What to listen to; asked for with every connection, and by `refresh`. */
  readonly subscriptions: () => readonly Subscription[];
  /** The message is acknowledged when this resolves, and not at all when it rejects. */
  readonly onMessage: (message: Incoming) => Promise<void>;
  /** True while no further message can be taken; the link then makes the broker wait. */
  readonly full: () => boolean;
  /** Resolves when a message can be taken again. */
  readonly whenReady: () => Promise<void>;
  /** Told of every change. */
  readonly onState?: ((state: BrokerClientState) => void) | undefined;
  /** For texts: "MQTT broker \"hall\"". */
  readonly label: string;
  readonly logger: Logger;
  /** Pauses between attempts where they shall differ from the usual ones. */
  readonly retry?: { readonly down: RetryDelays; readonly refused: RetryDelays } | undefined;
}

/** A link has become ready for use. */
export interface SessionStart {
  /** Whether the broker still had our session; without it, messages may have been missed. */
  readonly sessionPresent: boolean;
}

/** What a link has for those who send (a seller's way out of the bus). A link for sending alone has no subscriptions. */
export interface BrokerPublishing {
  /**
   * Sends one message, not retained. Resolves with the broker's PUBACK (QoS 1), or when it was handed to the network
   * (QoS 0). Messages leave in the order of the calls.
   * @throws BrokerUnavailable there is no connection now, it ended before, or the broker takes no more for now; the link keeps
   *   nothing for later
   * @throws PublishRefused the broker or the standard does not allow it, so that to repeat it is no use
   */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void>;
  /** Calls when a connection is ready for use, each time; returns the end of it. */
  onUp(listener: (up: SessionStart) => void): () => void;
}
