/** Publishes on one connection. */
import type { Connection } from './connection.ts';

export interface PublishOptions {
  readonly qos: 0 | 1;
  readonly retain?: boolean | undefined;
}

/** There is no connection, or it ended before the broker had acknowledged: the message may have arrived or not. */
export class LinkDown extends Error {
  override readonly name = 'LinkDown';
}

/** The broker or the standard does not allow it; to send it again is no use. */
export class PublishRefused extends Error {
  override readonly name = 'PublishRefused';
}

const MOST_TOPIC_BYTES = 65_535;

export class Publisher {
  readonly #connection: Connection;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    void connection.ended.then(() => {
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  /**
   * Resolves when the broker has acknowledged (QoS 1), or when it was written (QoS 0).
   * @throws LinkDown, PublishRefused
   */
  async publish(topic: string, payload: Uint8Array, { qos, retain = false }: PublishOptions): Promise<void> {
    const wrong = topicProblem(topic);
    if (wrong !== undefined) throw new PublishRefused(`The topic ${wrong}.`);
    const { client } = this.#connection;
    // A broker of MQTT 5 says how many unacknowledged messages it takes, and ends the connection beyond.
    while (
      qos === 1 &&
      this.#connection.live &&
      this.#underWay >= (client.serverProperties?.receiveMaximum ?? 65_535)
    ) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    if (!this.#connection.live) throw new LinkDown('There is no connection to the broker.');
    if (qos === 1 && client.serverProperties?.maximumQoS === 0) {
      throw new PublishRefused('The broker takes messages of quality of service 0 only.');
    }
    this.#underWay++;
    try {
      await this.#send(topic, payload, qos, retain);
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }

  async #send(topic: string, payload: Uint8Array, qos: 0 | 1, retain: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    // With a session that is kept, the client itself does not tell when its connection ends.
    void this.#connection.ended.then(() => {
      reject(new LinkDown('The connection ended before the broker had acknowledged.'));
    });
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#connection.client.publish(topic, bytes, { qos, retain }, (error) => {
      if (!error) resolve(undefined);
      else reject('code' in error ? new PublishRefused(error.message) : new LinkDown(error.message));
    });
    await promise;
  }
}

function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'is empty';
  if (/[+#\0]/.test(topic)) return 'must hold no wildcard (+ or #) and no NUL';
  if (!topic.isWellFormed()) return 'is no valid Unicode';
  if (Buffer.byteLength(topic, 'utf8') > MOST_TOPIC_BYTES) return `has more than ${MOST_TOPIC_BYTES} bytes`;
  return undefined;
}
