/** What of the bus a driver uses, and the names of the subjects that belong to the driver alone. */

/** What of the bus a driver uses, by its configuration. */
export interface BusUse {
  /** Where requests arrive. */
  readonly reqtopic: string;
  /** Telemetry topics that are published. */
  readonly topics: readonly string[];
  /** Absent where no device data are taken in. */
  readonly readings?: ReadingsUse | undefined;
}

/** How device data reach the bus, and leave it. */
export interface ReadingsUse {
  /** Patterns of the subjects of readings and dead letters. */
  readonly subjects: readonly string[];
  /** Absent where readings are published over core NATS. */
  readonly stream?: { readonly name: string; readonly create: boolean } | undefined;
  /** Durable consumers of the stream that are read. */
  readonly consumers: readonly { readonly stream: string; readonly durable: string; readonly filter: string }[];
}

/** Name of the NATS service that a driver is. */
export const SERVICE_NAME = 'iota-seeqdrv';

/** Where the replicas of a driver ask each other; what they and the server reply arrives below it. */
export const controlSubject = (reqtopic: string): string => `${reqtopic}.control`;

/** Where the NATS client takes the server's replies, for example those of JetStream. */
export const clientInbox = (reqtopic: string): string => `${controlSubject(reqtopic)}.inbox`;
