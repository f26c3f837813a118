/** Collects the result of one message, within limits that no message can exceed. */
import type { RejectCode } from '../../contract/reading.ts';
import type { DecodedMessage, Measurement, Reject } from '../reading.ts';

/** A message as the broker delivered it. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The broker stored it before the subscription, so its age is unknown. */
  readonly retained: boolean;
  readonly received: bigint;
}

/** Most readings of one message. */
export const MAX_READINGS = 10_000;
/** Most dead letters of one message. The last one counts the further ones. */
const MAX_REJECTS = 100;

/** A location in a message. */
export type About = Readonly<Record<string, string | undefined>>;

export class MappingResult {
  readonly #message: MqttMessage;
  readonly #measurements: Measurement[] = [];
  readonly #rejects: Reject[] = [];
  readonly #keys = new Set<string>();
  readonly #seen = new Set<string>();
  #furtherRejects = 0;
  #overflown = false;

  constructor(message: MqttMessage) {
    this.#message = message;
  }

  /** True when the message has reached the limit of readings and has more. */
  get overflown(): boolean {
    return this.#overflown;
  }

  /**
   * Adds a reading.
   * @param repeats Whether one tag may have several values at one time, as in a list of all measurements of one device;
   * otherwise two values mean that two things have the same name.
   */
  add(measurement: Measurement, repeats: boolean, about: () => About): void {
    const { tag, time, sourceTime, value, unit, status, attributes } = measurement;
    const key = JSON.stringify([tag.id, String(time), sourceTime]);
    const content = JSON.stringify([key, value, unit, status, attributes]);
    // An identical reading: the stream would store it only once.
    if (this.#seen.has(content)) return;
    if (this.#keys.has(key) && !repeats) {
      this.reject(
        'badName',
        `Two values of the message have the name ${tag.id} and one time; the first was taken.`,
        about,
      );
      return;
    }
    if (this.#measurements.length >= MAX_READINGS) {
      this.#overflow();
      return;
    }
    this.#keys.add(key);
    this.#seen.add(content);
    this.#measurements.push(measurement);
  }

  /** Adds an undecodable part. */
  reject(code: RejectCode, reason: string, about?: () => About): void {
    if (this.#rejects.length >= MAX_REJECTS) {
      this.#furtherRejects++;
      return;
    }
    const { topic, payload, received } = this.#message;
    const all: About = { topic, ...about?.() };
    const known = Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
    this.#rejects.push({ code, reason, payload, about: Object.fromEntries(known), received });
  }

  #overflow(): void {
    if (this.#overflown) return;
    this.#overflown = true;
    this.reject('tooLarge', `The message has more than ${MAX_READINGS} values; the further ones were not read.`);
  }

  delivery(): DecodedMessage {
    const last = this.#rejects.at(-1);
    const rejects =
      last === undefined || this.#furtherRejects === 0
        ? this.#rejects
        : this.#rejects.with(-1, {
            ...last,
            reason: `${last.reason} (And ${this.#furtherRejects} further parts of the message could not be read.)`,
          });
    return { measurements: this.#measurements, rejects };
  }
}
