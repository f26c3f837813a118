/** Watches the age of values for which the platform names a bound (`max_age`), and sums up what has gone silent. */
import { StalenessWatch } from '../../staleness.ts';
import type { Reader } from './topic-map.ts';

/** Names in one message. */
const NAMED = 5;
/** Changes that come together are one message. */
const SETTLE_MS = 250;

export class MaxAgeWatch {
  readonly #onChange: () => void;
  #watch: StalenessWatch;
  #readers = new Map<string, Reader>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange told when {@link message} may have changed; many changes at once are told once */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#watch = this.#newWatch();
  }

  /** Which functions there are. What stays as it was is watched on. */
  expect(readers: readonly Reader[]): void {
    const next = new Map(
      readers.flatMap((reader) => (reader.maxAgeMs === undefined ? [] : [[reader.tag.id, reader] as const])),
    );
    const gone = [...this.#readers].some(([id, { maxAgeMs }]) => next.get(id)?.maxAgeMs !== maxAgeMs);
    if (gone) {
      this.#watch.stop();
      this.#watch = this.#newWatch();
      this.#changed();
    }
    this.#readers = next;
    for (const [name, { maxAgeMs = 0 }] of next) this.#watch.expect({ name, afterMs: maxAgeMs });
  }

  /**
   * A value of a function has come.
   * @param ageMs how old it is; an old one is no sign of life
   */
  heard({ tag, maxAgeMs }: Reader, ageMs: number): void {
    if (maxAgeMs !== undefined && ageMs <= maxAgeMs) this.#watch.heard(tag.id);
  }

  /** What has gone silent, in one sentence; undefined when nothing has. */
  get message(): string | undefined {
    const silent = this.#watch.silent.map(({ name }) => this.#readers.get(name)?.tag.name ?? name);
    if (silent.length === 0) return undefined;
    const names = silent
      .slice(0, NAMED)
      .map((name) => `"${name}"`)
      .join(', ');
    const more = silent.length > NAMED ? ` and ${silent.length - NAMED} more` : '';
    return `${silent.length} of ${this.#readers.size} watched functions have sent nothing within their max_age: ${names}${more}.`;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watch.stop();
  }

  #newWatch(): StalenessWatch {
    const changed = (): void => {
      this.#changed();
    };
    return new StalenessWatch({ onSilent: changed, onHeard: changed });
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onChange();
    }, SETTLE_MS).unref();
  }
}
