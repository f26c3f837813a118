/** Monitors the largest message that the server accepts (max_payload), which an operator may lower by mistake. */
import type { NatsConnection } from 'nats';
import type { Logger } from '../../contract/log.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { isLowered } from './message-limit.ts';

/** The server does not announce a raised limit, so another connection is tried after these delays. */
const LOOK_DELAYS: RetryDelays = { minMs: 2000, maxMs: 60_000 };

export interface PayloadLimitOptions {
  readonly logger: Logger;
  readonly lookDelays?: RetryDelays | undefined;
  /**
   * Replaces the live connection by another one if that accepts messages of more than `limit` bytes.
   * @returns false if it does not
   */
  readonly renew: (limit: number) => Promise<boolean>;
}

export class PayloadLimit {
  readonly #options: PayloadLimitOptions;
  #nc: NatsConnection | undefined;
  #largest = 0;
  #reported: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  constructor(options: PayloadLimitOptions) {
    this.#options = options;
  }

  /** The largest max_payload that the server has had since the start. */
  get largest(): number {
    return Math.max(this.#largest, this.#nc?.info?.max_payload ?? 0);
  }

  /** Checks the limit of a new connection. A limit that is too small is logged once. */
  watch(nc: NatsConnection, server: ServerAddress): void {
    this.stop();
    this.#nc = nc;
    const limit = nc.info?.max_payload ?? 0;
    const lowered = isLowered(limit, this.#largest);
    const { logger } = this.#options;
    const facts = { maxPayload: limit, largest: this.largest };
    if (lowered && this.#reported !== limit) {
      logger.warn(
        facts,
        `The NATS server ${formatAddress(server)} accepts messages of at most ${limit} bytes now (max_payload). Readings that ` +
          'do not fit wait, and answers are split or fail. Set max_payload to 1MB, which is the default of nats-server.',
      );
      this.#reported = limit;
    } else if (!lowered && this.#reported !== undefined) {
      logger.info(facts, `The NATS server ${formatAddress(server)} accepts messages of ${limit} bytes again`);
      this.#reported = undefined;
    }
    this.#largest = this.largest;
    if (lowered) this.#lookLater();
    else this.#looks = 0;
  }

  /** The connection has ended. */
  stop(): void {
    this.#largest = this.largest;
    this.#nc = undefined;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    const nc = this.#nc;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (nc === undefined || this.#nc !== nc) return;
        const again = (): void => {
          if (this.#nc === nc) this.#lookLater();
        };
        this.#options.renew(nc.info?.max_payload ?? 0).then((renewed) => {
          if (!renewed) again();
        }, again);
      },
      delayMs(this.#looks++, this.#options.lookDelays ?? LOOK_DELAYS),
    );
    this.#timer.unref();
  }
}
