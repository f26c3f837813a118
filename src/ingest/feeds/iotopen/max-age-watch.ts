/** Watches values with a maximum age (`max_age`) on the platform, and summarizes those that have gone silent. */
import { StalenessWatch } from '../../staleness.ts';
import type { Reader } from './topic-map.ts';

/** Names in one message. */
const NAMED = 5;
/** Changes within this time become one message. */
const SETTLE_MS = 250;

export class MaxAgeWatch {
  readonly #onChange: () => void;
  #watch: StalenessWatch;
  #readers = new Map<string, Reader>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange called when {@link message} may have changed; changes are combined */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#watch = this.#newWatch();
  }

  /** Sets the functions to watch. Unchanged ones keep their state. */
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
   * Records a value of a function.
   * @param ageMs its age; an old value does not show that the device is active
   */
  heard({ tag, maxAgeMs }: Reader, ageMs: number): void {
    if (maxAgeMs !== undefined && ageMs <= maxAgeMs) this.#watch.heard(tag.id);
  }

  /** The silent functions in one sentence. Undefined if there are none. */
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
    return new StalenessWatch({ onSilent: changed, onRecovered: changed });
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onChange();
    }, SETTLE_MS).unref();
  }
}
