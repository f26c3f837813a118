/** Options and state of a connection to an MQTT broker. */
import type { RetryDelays } from '../lib/backoff.ts';
import type { Status } from '../lib/status-reporter.ts';
import type { Logger } from '../contract/log.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import type { TlsSources } from '../net/tls.ts';
import type { HttpProxy } from '../net/proxy.ts';
import type { Subscription } from './topic-filter.ts';

export type { Subscription };

/** Credentials of one connection attempt. */
export interface BrokerCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** A message as the broker delivered it. */
export interface Incoming {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  /** The broker stored it before the subscription, so its age is unknown. */
  readonly retained: boolean;
  /** Arrival time. For a redelivered message, the time of its first arrival in this process. */
  readonly received: Nanoseconds;
}

/**
 * connecting: the first attempt is in progress; up: connected and subscribed; waiting: no further message can be
 * accepted, and the broker keeps incoming ones; refused: the login or a subscription was refused; down: the broker is
 * unreachable.
 */
export type BrokerState = 'connecting' | 'up' | 'waiting' | 'refused' | 'down' | 'stopped';

/** The message has no secrets. */
export type BrokerClientState = Status<BrokerState>;

/** Counts since the start, and gauges where marked. */
export interface BrokerClientMetrics {
  /** Connections on which the broker accepted the login. */
  connections: number;
  /** Messages of QoS 0: the broker keeps no copy of them. */
  atMostOnce: number;
  /** Messages that the broker delivered again. */
  redelivered: number;
  acknowledged: number;
  /** Gauge: messages whose handler is active. */
  running: number;
}

/** Address of a broker: the configuration keys that all kinds of MQTT feeds share. */
export interface BrokerOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string;
  /** TLS settings in addition to the URL scheme. */
  readonly tls: TlsSources;
  readonly keepAliveSeconds: number;
  readonly connectTimeoutMs: number;
  /** HTTP proxy for a `ws://` or `wss://` broker. Other brokers are connected directly. */
  readonly proxy?: HttpProxy | undefined;
  /** How long an MQTT 5 broker keeps the session. An MQTT 3.1.1 broker decides that itself. Default: one day. */
  readonly sessionExpirySeconds?: number | undefined;
}

export interface BrokerClientOptions extends BrokerOptions {
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  /** The broker keeps no session and no messages for the client. Only for checks. */
  readonly clean?: boolean | undefined;
  /** Receive maximum for an MQTT 5 broker: as many messages as the readings sink accepts. */
  readonly receiveMaximum?: number | undefined;
  /** Called for every attempt. An exception counts as a refused login, and its message is reported. */
  readonly credentials: () => Promise<BrokerCredentials>;
  /** Required subscriptions. Called for every connection and by `refresh`. */
  readonly subscriptions: () => readonly Subscription[];
  /** The message is acknowledged when this resolves, and not at all when it rejects. */
  readonly onMessage: (message: Incoming) => Promise<void>;
  /** True while no further message can be accepted. The client then makes the broker wait. */
  readonly full: () => boolean;
  /** Resolves when a message can be accepted again. */
  readonly whenReady: () => Promise<void>;
  /** Called on every change. */
  readonly onState?: ((state: BrokerClientState) => void) | undefined;
  /** Name in messages: "MQTT broker \"hall\"". */
  readonly label: string;
  readonly logger: Logger;
  /** Retry delays, if they differ from the defaults. */
  readonly retry?: { readonly down: RetryDelays; readonly refused: RetryDelays } | undefined;
}

/** A client has become ready for use. */
export interface SessionStart {
  /** Whether the broker still had the session. Without it, messages may have been missed. */
  readonly sessionPresent: boolean;
}

/** What a client provides to publishers (egress from the bus). A client for publishing alone has no subscriptions. */
export interface BrokerPublishing {
  /**
   * Publishes one message, not retained. Resolves with the broker's PUBACK (QoS 1), or when it was handed to the
   * network (QoS 0). Messages are sent in the order of the calls.
   * @throws BrokerUnavailable there is no connection, it ended before the PUBACK, or the broker accepts no more for
   * now; the client keeps nothing for later
   * @throws PublishRefused the broker or the standard does not allow it, so a retry does not help
   */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void>;
  /** Called each time a connection is ready for use. Returns a function that unsubscribes. */
  onUp(listener: (up: SessionStart) => void): () => void;
}
