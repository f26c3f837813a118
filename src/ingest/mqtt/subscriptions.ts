/** What this process has subscribed in the session at the broker. */
import type { Connection } from './connection.ts';
import type { LinkOptions, Subscription } from './link-options.ts';
import { LinkProblem } from './problem.ts';
import { subscribe, type Granted } from './subscribe.ts';

/** Rights may be given later; so often a refused subscription is asked for again. */
const AGAIN_MS = 60_000;

export class Subscriptions {
  readonly #options: LinkOptions;
  /** Granted in the session that stands. */
  readonly #held = new Map<string, 0 | 1>();
  #refused: readonly string[] = [];
  #again: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
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
   * again, because a broker of MQTT 3.1.1 would send all retained messages once more.
   * @param again called when it is time to try what was refused
   * @returns what was refused, in words, '' if nothing; undefined when the connection ended before
   */
  async bring(connection: Connection, again: () => void): Promise<string | undefined> {
    clearTimeout(this.#again);
    const wanted = new Map<string, 0 | 1>();
    for (const { filter, qos } of this.#options.subscriptions()) {
      wanted.set(filter, wanted.get(filter) === 1 ? 1 : qos);
    }
    const gone = [...this.#held.keys()].filter((filter) => !wanted.has(filter));
    const missing = [...wanted].filter(([filter, qos]) => this.#held.get(filter) !== qos);
    for (const filter of gone) this.#held.delete(filter);
    try {
      if (gone.length > 0) connection.client.unsubscribe(gone, () => undefined);
      await this.#ask(
        connection,
        missing.map(([filter, qos]) => ({ filter, qos })),
      );
    } catch {
      return undefined;
    }
    if (this.#refused.length === 0) return '';
    if (connection.live) this.#again = setTimeout(again, AGAIN_MS);
    return (
      `${this.#options.label} refused ${this.#refused.length === 1 ? 'a subscription' : 'subscriptions'}: ` +
      `${this.#refused.slice(0, 5).join('; ')}${this.#refused.length > 5 ? '; …' : ''}. ` +
      'Give the user the right to read there, or correct the topics.'
    );
  }

  async #ask(connection: Connection, missing: readonly Subscription[]): Promise<void> {
    const { connectTimeoutMs, label } = this.#options;
    const late = setTimeout(() => {
      const text = `${label}: subscriptions were not answered within ${connectTimeoutMs} ms; connection given up.`;
      connection.finish(new LinkProblem('timeout', text));
    }, connectTimeoutMs);
    const answers = await Promise.race([
      subscribe(connection.client, missing),
      connection.ended.then(() => Promise.reject(new Error('The connection ended.'))),
    ]).finally(() => {
      clearTimeout(late);
    });
    this.#refused = answers.flatMap((granted) => this.#note(granted));
  }

  /** Keeps what was granted; returns what was not. */
  #note({ subscription: { filter, qos }, answer }: Granted): string[] {
    if ('refused' in answer) return [`"${filter}" (${answer.refused})`];
    this.#held.set(filter, qos);
    if (answer.qos < qos) {
      const { label, logger } = this.#options;
      logger.warn(
        { filter },
        `${label} grants only quality of service ${answer.qos} for "${filter}"; messages can be lost`,
      );
    }
    return [];
  }
}
