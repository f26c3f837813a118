/** Products of an I3 marketplace as a feed: one connection, its products, and an alarm for each that has gone silent. */
import type { IngestConfig } from '../../config/config.ts';
import type { FeedHealth, FeedMetrics } from '../../contract/telemetry.ts';
import { Condition } from '../condition.ts';
import type { Feed, FeedTools } from '../feed.ts';
import type { Intake } from '../intake.ts';
import { openMapping, type Mapping } from '../mapping/mapping.ts';
import { subscriptionsOf } from '../mapping/subscriptions.ts';
import type { Incoming, MqttLink } from '../mqtt/link.ts';
import { SilenceWatch } from '../silence.ts';
import { clientIdOf, openI3Link } from './link.ts';
import { silenceText } from './silence-text.ts';

/** One configured connection to a marketplace. */
export type I3Config = IngestConfig['i3'][number];

/** Makes the feed; nothing is connected before `start`. */
export function openI3Feed(config: I3Config, tools: FeedTools): Feed {
  return new I3Feed(config, tools);
}

class I3Feed implements Feed {
  readonly #config: I3Config;
  readonly #condition: Condition;
  readonly #intake: Intake;
  readonly #mapping: Mapping;
  readonly #silence: SilenceWatch;
  readonly #link: MqttLink;

  constructor(config: I3Config, tools: FeedTools) {
    const { name, products } = config;
    const topics = products.map((product) => ({ ...product, filter: product.topic }));
    this.#config = config;
    this.#condition = new Condition('i3', name, tools.logger);
    this.#intake = tools.intake({ scheme: 'i3', connection: name });
    this.#mapping = openMapping(topics, tools.times);
    const settle = (): void => {
      this.#settle();
    };
    this.#silence = new SilenceWatch({ onSilent: settle, onHeard: settle });
    this.#link = openI3Link(config, tools.logger, {
      subscriptions: () => subscriptionsOf(topics),
      onMessage: (message) => this.#take(message),
      full: () => this.#intake.full,
      room: () => this.#intake.room(),
      onState: settle,
    });
    this.#link.onUp(() => {
      // From each connection on; while there is none, that is the news.
      for (const { topic, silentAfterMs } of products) this.#silence.expect({ name: topic, afterMs: silentAfterMs });
      this.#silence.restart();
      settle();
    });
  }

  start(): void {
    this.#link.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#silence.stop();
    await Promise.all([this.#link.stop(deadlineMs), this.#intake.stop(deadlineMs)]);
    this.#condition.is('stopped');
  }

  health(): FeedHealth {
    const { trouble, lastReceivedMs } = this.#intake;
    const over =
      trouble === undefined || this.#link.state.state !== 'up'
        ? undefined
        : ({ state: 'waiting', message: trouble } as const);
    return this.#condition.health(lastReceivedMs, over);
  }

  metrics(): FeedMetrics {
    const { received, readings, duplicates, rejected, retried, dropped, waiting } = this.#intake.numbers();
    const { connections, mayLose } = this.#link.numbers;
    return {
      ...{ kind: 'i3', name: this.#config.name },
      ...{ received, readings, duplicates, rejected, retried, dropped, waiting, connections },
      refused: 0,
      mayLose: this.#intake.mayLose ? received : mayLose,
    };
  }

  async #take(message: Incoming): Promise<void> {
    const at = this.#mapping.entryOf(message.topic);
    const product = at === undefined ? undefined : this.#config.products[at];
    if (product !== undefined) this.#silence.heard(product.topic);
    await this.#intake.take(this.#mapping.read(message));
  }

  /** Works out how it is from the connection and the products. */
  #settle(): void {
    const { state, message } = this.#link.state;
    if (state === 'stopped') return;
    const { silent } = this.#silence;
    if (state !== 'up' || silent.length === 0) this.#condition.is(state, message);
    else this.#condition.is('silent', silenceText(silent, { ...this.#config, clientId: clientIdOf(this.#config) }));
  }
}
