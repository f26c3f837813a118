/** Posts signed readings as a seneye sender does, and keeps book of those that were answered with 2xx. */
import { createHmac } from 'node:crypto';
import { request } from 'undici';
import { formatInstant } from '../../src/contract/time/instant.ts';
import type { Ledger } from './ledger.ts';
import { Pace } from './rate.ts';

const DEVICES = ['AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00', 'AAAAABBBBBCCCCCDDDDDEEEEEFFFFF01'];
/** Posts are repeated with the same content, since a sender cannot know whether a failed one arrived. */
const TRIES = 3;

export interface SeneyeOracleOptions {
  readonly url: string;
  readonly source: string;
  readonly secret: string;
  readonly ledger: Ledger;
}

export class SeneyeOracle {
  readonly #options: SeneyeOracleOptions;
  readonly #pace: Pace;
  /** Seconds; each post has one of its own. */
  readonly #start = Math.floor(Date.now() / 1000) - 100_000;

  constructor(options: SeneyeOracleOptions) {
    this.#options = options;
    this.#pace = new Pace({ atOnce: 4, everyMs: 10, work: (n) => this.#post(n) });
  }

  get pace(): Pace {
    return this.#pace;
  }

  stop(): Promise<void> {
    return this.#pace.stop();
  }

  async #post(n: number): Promise<boolean> {
    const { url, source, ledger } = this.#options;
    const id = DEVICES[n % DEVICES.length] ?? '';
    const seconds = this.#start + n;
    const entry = {
      fqn: `seneye:tank/signal/${id}%23temperature`,
      time: formatInstant(BigInt(seconds) * 1_000_000_000n),
      value: n / 1000,
    };
    ledger.give(entry);
    const sud = { id, name: 'Oracle', type: 1, TS: seconds, data: { S: { W: 1, T: 0, S: 0 }, T: n / 1000 } };
    const body = this.#sign({ version: '1.0.0', SUD: sud });
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (!(await accepted(url, source, body))) continue;
      ledger.acknowledge(entry);
      return true;
    }
    return false;
  }

  #sign(payload: object): string {
    const signed = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
    return `${signed}.${createHmac('sha256', this.#options.secret).update(signed).digest('base64')}`;
  }
}

async function accepted(url: string, source: string, body: string): Promise<boolean> {
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jose', 'x-seneye': source },
      body,
      headersTimeout: 3000,
      bodyTimeout: 3000,
    });
    await answer.body.dump();
    return answer.statusCode >= 200 && answer.statusCode < 300;
  } catch {
    // Refused, reset or silent: the sender knows nothing.
    return false;
  }
}
