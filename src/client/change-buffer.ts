/** Buffers the changes between a lease and its reader: each once, and only the newest unread change of each item. */
import type { eventpipepoll } from '../contract/functions/data.ts';
import type { ItemOf } from '../contract/functions/define.ts';

/** A new value of an item, or its current error. */
export type LeaseItem = ItemOf<typeof eventpipepoll>;

export class ChangeBuffer {
  /** The last change of each item. */
  readonly #known = new Map<number, string>();
  /** Unread changes, in the order of arrival. */
  readonly #unread = new Map<number, LeaseItem>();
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** Two consecutive leases may report the same change. It counts once. */
  add(item: LeaseItem): void {
    const identity = identityOf(item);
    if (this.#known.get(item.index) === identity) return;
    this.#known.set(item.index, identity);
    this.#unread.delete(item.index);
    this.#unread.set(item.index, item);
    this.#wake?.();
  }

  /** Unread changes can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The reader gets the unread changes first, and then the error. */
  fail(error: Error): void {
    this.#error ??= error;
    this.end();
  }

  async *read(): AsyncGenerator<LeaseItem> {
    for (;;) {
      for (const [index, item] of this.#unread) {
        this.#unread.delete(index);
        yield item;
      }
      if (this.#unread.size > 0) continue;
      if (this.#error) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function identityOf(item: LeaseItem): string {
  if ('error' in item) return JSON.stringify(['error', item.error.code]);
  const { time, value, status, state } = item;
  return JSON.stringify([time, value, status, state]);
}
