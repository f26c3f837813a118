/** Publishes on one connection. */
import type { Connection } from './connection.ts';

/**
 * There is no connection, or it ended before the PUBACK, so the message may or may not have arrived. Or the broker
 * accepts no more at the moment.
 */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
}

/** The broker or the standard does not allow it. A retry does not help. */
export class PublishRefused extends Error {
  override readonly name = 'PublishRefused';
}

const MOST_TOPIC_BYTES = 65_535;

/** PUBACK codes of MQTT 5 for a temporary refusal: packet id in use, quota exceeded. */
const PASSING: readonly unknown[] = [145, 151];

export class Publisher {
  readonly #connection: Connection;
  /** Messages sent with QoS 1 and not acknowledged. */
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];
  /** Rejects the messages in flight. The client does not do so if the session is kept. */
  readonly #rejects = new Set<(error: BrokerUnavailable) => void>();

  constructor(connection: Connection) {
    this.#connection = connection;
    void connection.ended.then(() => {
      for (const reject of this.#rejects) {
        reject(new BrokerUnavailable('The connection ended before the broker had acknowledged.'));
      }
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  /** See `BrokerPublishing.publish`. */
  async publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void> {
    const wrong = topicProblem(topic);
    if (wrong !== undefined) throw new PublishRefused(`The topic ${wrong}.`);
    if (qos === 0) {
      await this.#send(topic, payload, qos);
      return;
    }
    if (this.#connection.client.serverProperties?.maximumQoS === 0) {
      throw new PublishRefused('The broker takes messages of quality of service 0 only.');
    }
    await this.#turn();
    try {
      await this.#send(topic, payload, qos);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }

  /** An MQTT 5 broker announces how many unacknowledged messages it accepts, and ends the connection beyond that. */
  async #turn(): Promise<void> {
    if (this.#underWay < (this.#connection.client.serverProperties?.receiveMaximum ?? 65_535)) {
      this.#underWay++;
      return;
    }
    // A message that ends passes its slot to the next one.
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #send(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void> {
    if (!this.#connection.live) throw new BrokerUnavailable('There is no connection to the broker.');
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#rejects.add(reject);
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#connection.client.publish(topic, bytes, { qos, retain: false }, (error) => {
      if (!error) resolve(undefined);
      else if (!('code' in error) || PASSING.includes(error.code)) reject(new BrokerUnavailable(error.message));
      else reject(new PublishRefused(error.message));
    });
    try {
      await promise;
    } finally {
      this.#rejects.delete(reject);
    }
  }
}

function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'is empty';
  if (/[+#\0]/.test(topic)) return 'must hold no wildcard (+ or #) and no NUL';
  if (!topic.isWellFormed()) return 'is no valid Unicode';
  if (Buffer.byteLength(topic, 'utf8') > MOST_TOPIC_BYTES) return `has more than ${MOST_TOPIC_BYTES} bytes`;
  return undefined;
}
