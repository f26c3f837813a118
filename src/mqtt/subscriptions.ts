/** What this process has subscribed in the session at the broker. */
import { limited } from '../contract/log.ts';
import type { Connection } from './connection.ts';
import { bytesFrom } from './heartbeat.ts';
import type { BrokerClientOptions, Subscription } from './client-options.ts';
import { BrokerError } from './errors.ts';
import { reduce } from './minimize-subscriptions.ts';
import { subscribe, type Granted } from './subscribe.ts';

/** Rights may be given later; so often a refused subscription is asked for again. */
const AGAIN_MS = 60_000;

/** Answers to pings are far less than this; so much at least comes of a message, even on a slow line. */
const PIECE_BYTES = 16 * 1024;

export class Subscriptions {
  readonly #options: BrokerClientOptions;
  /** Granted in the session that stands. */
  readonly #held = new Map<string, 0 | 1>();
  #again: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: BrokerClientOptions) {
    this.#options = options;
  }

  /** Whether the broker has granted a filter. */
  holds(filter: string): boolean {
    return this.#held.has(filter);
  }

  /** The session is a new one, without subscriptions. */
  forget(): void {
    this.#held.clear();
  }

  /** No connection stands. */
  rest(): void {
    clearTimeout(this.#again);
  }

  /**
   * Subscribes to what is wanted and not held yet, and ends what is held and not wanted. What is held is not asked for
   * again, because a broker of MQTT 3.1.1 would send all retained messages once more. One call after the other, since what
   * is asked for and not answered yet is not held.
   * @param again called when it is time to try what was refused
   * @returns what was refused, in words, '' if nothing; undefined when the connection ended before
   */
  bring(connection: Connection, again: () => void): Promise<string | undefined> {
    const turn = this.#turn.then(() => (connection.live ? this.#bring(connection, again) : undefined));
    this.#turn = turn;
    return turn;
  }

  async #bring(connection: Connection, again: () => void): Promise<string | undefined> {
    clearTimeout(this.#again);
    const refused = new Map<string, string>();
    try {
      // A refused one may have taken others in, which are to be asked for themselves then.
      for (let before = -1; before < refused.size;) {
        before = refused.size;
        await this.#follow(connection, refused);
      }
    } catch {
      return undefined;
    }
    if (refused.size === 0) return '';
    if (connection.live) this.#again = setTimeout(again, AGAIN_MS);
    const named = Array.from(refused, ([filter, why]) => `"${filter}" (${why})`);
    return (
      `${this.#options.label} refused ${named.length === 1 ? 'a subscription' : 'subscriptions'}: ` +
      `${named.slice(0, 5).join('; ')}${named.length > 5 ? '; …' : ''}. ` +
      'Give the user the right to read there, or correct the topics.'
    );
  }

  /** Brings the broker to what is wanted, apart from what it has refused; adds to that. */
  async #follow(connection: Connection, refused: Map<string, string>): Promise<void> {
    const wanted = reduce(this.#options.subscriptions().filter(({ filter }) => !refused.has(filter)));
    const missing = wanted.filter(({ filter, qos }) => this.#held.get(filter) !== qos);
    const before = refused.size;
    if (missing.length > 0) await this.#ask(connection, missing, refused);
    // What another one took in is needed again then.
    if (refused.size > before) return;
    const filters = new Set(wanted.map(({ filter }) => filter));
    const gone = [...this.#held.keys()].filter((filter) => !filters.has(filter));
    if (gone.length === 0) return;
    for (const filter of gone) this.#held.delete(filter);
    connection.client.unsubscribe(gone, () => undefined);
  }

  /**
   * The answer can come late behind thousands of messages that a broker has kept (mosquitto sends them first), so it is
   * late only when nothing else comes either, no part of a large message, and not while we ourselves do not read.
   */
  async #ask(connection: Connection, missing: readonly Subscription[], refused: Map<string, string>): Promise<void> {
    const { connectTimeoutMs, label } = this.#options;
    let bytes = bytesFrom(connection.client);
    const late = setTimeout(() => {
      const before = bytes;
      bytes = bytesFrom(connection.client);
      if (connection.holding || bytes - before >= PIECE_BYTES) {
        late.refresh();
        return;
      }
      const text = `${label}: subscriptions were not answered within ${connectTimeoutMs} ms; connection given up.`;
      connection.finish(new BrokerError('timeout', text));
    }, connectTimeoutMs);
    // The answer to a ping is none of these messages: a broker can be alive and never answer this.
    const heard = ({ cmd }: { readonly cmd: string }): void => {
      if (cmd !== 'pingresp') late.refresh();
    };
    connection.client.on('packetreceive', heard);
    const answers = await Promise.race([
      subscribe(connection.client, missing),
      connection.ended.then(() => Promise.reject(new Error('The connection ended.'))),
    ]).finally(() => {
      clearTimeout(late);
      connection.client.off('packetreceive', heard);
    });
    for (const granted of answers) this.#note(granted, refused);
  }

  #note({ subscription: { filter, qos }, answer }: Granted, refused: Map<string, string>): void {
    if ('refused' in answer) {
      refused.set(filter, answer.refused);
      return;
    }
    this.#held.set(filter, qos);
    if (answer.qos < qos) {
      const { label, logger } = this.#options;
      limited(logger).warn(
        `quality of service of ${label}`,
        { filter },
        `${label} grants only quality of service ${answer.qos} for "${filter}"; messages can be lost`,
      );
    }
  }
}
