/** The configured sources by scheme and name. */
import { DriverError } from '../contract/errors.ts';
import type { Fqn } from '../contract/fqn.ts';
import { readingSchemes } from '../contract/reading.ts';
import { asSentence, quote } from '../lib/wording/phrases.ts';
import { composed } from '../lib/text.ts';
import { didYouMeanOneOf } from '../lib/wording/suggest.ts';
import type { Source } from '../sources/source.ts';
import { SourceHealth } from './source-health/source-health.ts';
import { FairLimiter } from './limits/fair-limiter.ts';
import { PollPace } from './leases/poll-pace.ts';
import { Admission } from './limits/admission.ts';

/** A source with the limits that all requests to it share, and its health. */
export interface Host {
  source: Source;
  limiter: FairLimiter;
  /** Slots for requests that use it. */
  admission: Admission;
  health: SourceHealth;
  /** Actual poll rate of its leased tags. */
  pace: PollPace;
}

export interface HostOptions {
  source: Source;
  /** Concurrent calls. */
  concurrency: number;
  /** Calls that may wait. */
  queueLimit: number;
  /** Concurrent requests that use it. */
  requests: number;
}

const isSame = (one: string, other: string): boolean => composed(one) === composed(other);

const fullName = ({ scheme, name }: Source): string => `${scheme}:${name}`;

const isReadingScheme = (scheme: string): boolean => readingSchemes.some((one) => one === scheme);

export class Hosts {
  readonly #byName = new Map<string, Host>();

  constructor(options: HostOptions[]) {
    for (const { source, concurrency, queueLimit, requests } of options) {
      const other = this.all.find((host) => isSame(host.source.name, source.name));
      // Requests, answers and metrics identify a source by its name only.
      if (other) throw new TypeError(`Sources ${fullName(other.source)} and ${fullName(source)} have the same name.`);
      this.#byName.set(source.name, {
        source,
        limiter: new FairLimiter(source.name, concurrency, queueLimit),
        admission: new Admission(source.name, requests),
        health: new SourceHealth(source),
        pace: new PollPace(),
      });
    }
  }

  get all(): Host[] {
    return [...this.#byName.values()];
  }

  /**
   * The hosts that a request selects. All if it names none.
   * @throws DriverError `unknownHost`
   */
  select(names: string | string[] | undefined): Host[] {
    if (names === undefined) return this.all;
    return [...new Set(typeof names === 'string' ? [names] : names)].map((name) => this.#get(name));
  }

  /**
   * The host of an item.
   * @param allowed the hosts that the request selects
   * @throws DriverError `unknownHost`, or `badRequest` if the request selects other hosts
   */
  of(fqn: Fqn, allowed: Host[]): Host {
    const host = this.#find(fqn.host);
    if (host === undefined && isReadingScheme(fqn.scheme)) {
      throw new DriverError(
        'unknownHost',
        `${fqn.scheme}: names device data, which requests do not answer. Listen to its subject, or read its stream.`,
        { details: { host: fqn.host } },
      );
    }
    if (host === undefined) throw this.#unknown(fqn.host);
    if (host.source.scheme !== fqn.scheme) {
      throw new DriverError('badRequest', `Names of host "${fqn.host}" start with "${host.source.scheme}:".`, {
        details: { field: 'fqn' },
      });
    }
    if (!allowed.includes(host)) {
      throw new DriverError('badRequest', `The item is on host "${fqn.host}", which the request's "host" leaves out.`, {
        details: { field: 'host' },
      });
    }
    return host;
  }

  async close(): Promise<void> {
    for (const { health } of this.all) health.close();
    await Promise.all(this.all.map(({ source }) => source.close()));
  }

  #get(name: string): Host {
    const host = this.#find(name);
    if (host === undefined) throw this.#unknown(name);
    return host;
  }

  /** Names in another Unicode normalization are equal: the form in an FQN depends on where it was written. */
  #find(name: string): Host | undefined {
    return this.#byName.get(name) ?? this.all.find(({ source }) => isSame(source.name, name));
  }

  #unknown(name: string): DriverError {
    const hint = didYouMeanOneOf(name, [...this.#byName.keys()]);
    return new DriverError('unknownHost', asSentence(`There is no host ${quote(name)}${hint}`), {
      details: { host: name },
    });
  }
}
