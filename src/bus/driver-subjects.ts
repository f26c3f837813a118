/** The bus features that a driver uses, and the names of the subjects that belong to the driver alone. */

/** The bus features that a driver uses, as its configuration sets them. */
export interface BusUse {
  /** Subject of the requests. */
  readonly reqtopic: string;
  /** Telemetry topics that are published. */
  readonly topics: readonly string[];
  /** Absent where the driver has no feed. */
  readonly readings?: ReadingsUse | undefined;
}

/** How readings are published to the bus and read from it. */
export interface ReadingsUse {
  /** Patterns of the subjects of readings and dead letters. */
  readonly subjects: readonly string[];
  /** Absent where readings are published over core NATS. */
  readonly stream?: { readonly name: string; readonly create: boolean } | undefined;
  /** Durable consumers of the stream that are read. */
  readonly consumers: readonly { readonly stream: string; readonly durable: string; readonly filter: string }[];
}

/** Name of the driver's NATS service. */
export const SERVICE_NAME = 'iota-seeqdrv';

/**
 * Subject on which the replicas of a driver query each other. Their replies and the server's replies arrive below it.
 */
export const controlSubject = (reqtopic: string): string => `${reqtopic}.control`;

/** Inbox prefix of the driver's NATS client, for example for JetStream replies. */
export const clientInbox = (reqtopic: string): string => `${controlSubject(reqtopic)}.inbox`;
