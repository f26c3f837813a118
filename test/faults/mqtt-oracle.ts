/** Publishes numbered readings at QoS 1, straight to the broker, and keeps book of what the broker acknowledged. */
import { connectAsync, type MqttClient } from 'mqtt';
import { formatInstant } from '../../src/contract/time/instant.ts';
import type { Ledger } from './ledger.ts';
import { Pace } from './rate.ts';

/** Whatever is odd in a topic and still allowed. */
const TOPICS = ['oracle/plain', 'oracle/dotted.name/a b', 'oracle//empty/', 'oracle/$dollar/ünï', 'oracle/*/>'];

export class MqttOracle {
  readonly #client: MqttClient;
  readonly #ledger: Ledger;
  readonly #pace: Pace;
  readonly #start = BigInt(Date.now()) * 1_000_000n;

  static async start(url: string, login: { username: string; password: string }, ledger: Ledger): Promise<MqttOracle> {
    // Its own messages survive a broken connection: they are sent again until they are acknowledged.
    const client = await connectAsync(url, { ...login, clientId: 'oracle', clean: false, reconnectPeriod: 50 });
    client.on('error', () => undefined);
    return new MqttOracle(client, ledger);
  }

  private constructor(client: MqttClient, ledger: Ledger) {
    this.#client = client;
    this.#ledger = ledger;
    this.#pace = new Pace({ atOnce: 20, everyMs: 2, work: (n) => this.#publish(n) });
  }

  get pace(): Pace {
    return this.#pace;
  }

  async #publish(n: number): Promise<boolean> {
    const topic = TOPICS[n % TOPICS.length] ?? '';
    // Nanoseconds apart: a time that passed through a JavaScript number would not find its way back.
    const time = this.#start + BigInt(n);
    const entry = { fqn: `mqtt:oracle/signal/${encodeURIComponent(topic)}`, time: formatInstant(time), value: n };
    this.#ledger.give(entry);
    await this.#client.publishAsync(topic, JSON.stringify({ n, t: String(time) }), { qos: 1 });
    this.#ledger.acknowledge(entry);
    return true;
  }

  async stop(): Promise<void> {
    await this.#pace.stop();
    await this.#client.endAsync(true);
  }
}
