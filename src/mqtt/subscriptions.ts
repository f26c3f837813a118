/** The subscriptions of this process in the broker's session. */
import { limited } from '../contract/log.ts';
import type { Connection } from './connection.ts';
import { bytesFrom } from './heartbeat.ts';
import type { BrokerClientOptions, Subscription } from './client-options.ts';
import { BrokerError } from './errors.ts';
import { minimizeSubscriptions } from './topic-filter.ts';
import { subscribe, type Granted } from './subscribe.ts';

/** Retry interval of a refused subscription: the permission may be granted later. */
const AGAIN_MS = 60_000;

/** Ping responses are far smaller. A message delivers at least this much, even on a slow line. */
const PIECE_BYTES = 16 * 1024;

export class Subscriptions {
  readonly #options: BrokerClientOptions;
  /** Filters granted in the current session. */
  readonly #granted = new Map<string, 0 | 1>();
  /** Filters that the broker refused at the last synchronization, with its reason. */
  #refused: ReadonlyMap<string, string> = new Map();
  #again: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: BrokerClientOptions) {
    this.#options = options;
  }

  /** Whether the broker has granted a filter. */
  isGranted(filter: string): boolean {
    return this.#granted.has(filter);
  }

  /** Cause and remedy, if the broker has refused this filter. */
  problemOf(filter: string): string | undefined {
    const why = this.#refused.get(filter);
    return why === undefined ? undefined : this.#refusalText([[filter, why]]);
  }

  /** The session is new and has no subscriptions. */
  forget(): void {
    this.#granted.clear();
  }

  /** There is no connection. */
  pause(): void {
    clearTimeout(this.#again);
  }

  /**
   * Subscribes to required filters that are not granted yet, and unsubscribes from those no longer required. Granted
   * filters are not requested again, because an MQTT 3.1.1 broker would resend all retained messages. Calls run one
   * after another, since a pending request is not granted yet.
   * @param again called when it is time to retry refused filters
   * @returns a text about the refused filters, '' if none; undefined if the connection ended first
   */
  synchronize(connection: Connection, again: () => void): Promise<string | undefined> {
    const turn = this.#turn.then(() => (connection.live ? this.#synchronize(connection, again) : undefined));
    this.#turn = turn;
    return turn;
  }

  async #synchronize(connection: Connection, again: () => void): Promise<string | undefined> {
    clearTimeout(this.#again);
    const refused = new Map<string, string>();
    try {
      // A refused filter may cover others, which must then be requested themselves.
      for (let before = -1; before < refused.size;) {
        before = refused.size;
        await this.#update(connection, refused);
      }
    } catch {
      return undefined;
    }
    this.#refused = refused;
    if (refused.size === 0) return '';
    if (connection.live) this.#again = setTimeout(again, AGAIN_MS);
    return this.#refusalText([...refused]);
  }

  #refusalText(refused: readonly (readonly [filter: string, why: string])[]): string {
    const named = refused.map(([filter, why]) => `"${filter}" (${why})`);
    return (
      `${this.#options.label} refused ${named.length === 1 ? 'a subscription' : 'subscriptions'}: ` +
      `${named.slice(0, 5).join('; ')}${named.length > 5 ? '; …' : ''}. ` +
      'Give the user the right to read there, or correct the topics.'
    );
  }

  /** Updates the broker to the required filters, except the refused ones. Adds new refusals to `refused`. */
  async #update(connection: Connection, refused: Map<string, string>): Promise<void> {
    const wanted = minimizeSubscriptions(this.#options.subscriptions().filter(({ filter }) => !refused.has(filter)));
    const missing = wanted.filter(({ filter, qos }) => this.#granted.get(filter) !== qos);
    const before = refused.size;
    if (missing.length > 0) await this.#subscribe(connection, missing, refused);
    // Filters that a refused one covered are needed again.
    if (refused.size > before) return;
    const filters = new Set(wanted.map(({ filter }) => filter));
    const gone = [...this.#granted.keys()].filter((filter) => !filters.has(filter));
    if (gone.length === 0) return;
    for (const filter of gone) this.#granted.delete(filter);
    connection.client.unsubscribe(gone, () => undefined);
  }

  /**
   * The response can arrive late, behind thousands of stored messages (mosquitto sends them first). So it counts as
   * late only if nothing else arrives, not even part of a large message, and not while the driver pauses reading.
   */
  async #subscribe(
    connection: Connection,
    missing: readonly Subscription[],
    refused: Map<string, string>,
  ): Promise<void> {
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
    // A ping response does not count: a broker can be alive and never answer the subscription.
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
    for (const granted of answers) this.#record(granted, refused);
  }

  #record({ subscription: { filter, qos }, answer }: Granted, refused: Map<string, string>): void {
    if ('refused' in answer) {
      refused.set(filter, answer.refused);
      return;
    }
    this.#granted.set(filter, qos);
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
