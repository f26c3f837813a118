/**
 * Live updates by server-sent events. A listener gets all parts of its page at its start, and then only those that have
 * changed. Listeners are few, none of them can make the driver wait or buffer, and each is asked for its access again
 * from time to time.
 */
import type { ServerResponse } from 'node:http';
import { titleOf, type View } from './document.ts';
import type { PageState } from './part.ts';
import { SAMPLE_COLUMNS, type Sample, type Samples } from './samples.ts';

export interface LiveFeedOptions {
  readonly state: () => PageState;
  readonly samples: Samples;
  readonly build: string;
  /** Interval of the updates. Default 1 s. */
  readonly updateMs?: number | undefined;
  readonly mostListeners?: number | undefined;
  /** Bytes that may wait for a listener. Beyond them it is ended: it does not read. */
  readonly mostWaitingBytes?: number | undefined;
  /** A page that is large is updated less often, so that it is rendered and sent at this rate at most. */
  readonly bytesPerSecond?: number | undefined;
  /** After this time a listener must connect, and show its access, again. */
  readonly longestMs?: number | undefined;
}

const UPDATE_MS = 1000;
const MOST_LISTENERS = 32;
const MOST_WAITING_BYTES = 2 * 1024 * 1024;
const BYTES_PER_SECOND = 50_000;
const LONGEST_MS = 3_600_000;
/** A listener without data for this long gets a heartbeat, so that it knows that the connection works. */
const BEAT_MS = 10_000;
/** A listener whose data waits for this long does not read. */
const STUCK_MS = 30_000;

interface Listener {
  readonly response: ServerResponse;
  readonly view: View;
  readonly sinceMs: number;
  /** What it has, by the id of the part. */
  readonly sent: Map<string, string>;
  title: string;
  lastMs: number;
  /** Since when data waits. */
  waitsSinceMs: number | undefined;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #listeners = new Set<Listener>();
  /** When each view is due again. */
  readonly #dueMs = new Map<View, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get isFull(): boolean {
    return this.#listeners.size >= (this.#options.mostListeners ?? MOST_LISTENERS);
  }

  /**
   * Starts to serve a listener. Returns at once.
   * @param since time of the newest sample that it has, in seconds since 1970
   */
  add(view: View, since: number, response: ServerResponse): void {
    const now = performance.now();
    const listener: Listener = {
      ...{ response, view, sinceMs: now, lastMs: now, waitsSinceMs: undefined },
      ...{ sent: new Map<string, string>(), title: '' },
    };
    this.#listeners.add(listener);
    response.once('close', () => {
      this.#remove(listener);
    });
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    // nginx would collect the events.
    response.setHeader('X-Accel-Buffering', 'no');
    const state = this.#options.state();
    const { build, samples } = this.#options;
    this.#send(listener, 'hello', { build, time: state.health.time });
    this.#sendParts(listener, state, this.#rendered(view, state));
    if (view.hasCharts === true) this.#sendSamples(listener, samples.after(since));
    this.#timer ??= setInterval(() => {
      this.#update();
    }, this.#options.updateMs ?? UPDATE_MS).unref();
  }

  /** Sends a new sample to all charts. */
  sampled(sample: Sample): void {
    for (const listener of this.#listeners) {
      if (listener.view.hasCharts === true) this.#sendSamples(listener, [sample]);
    }
  }

  stop(): void {
    for (const listener of this.#listeners) listener.response.end();
  }

  #update(): void {
    const state = this.#options.state();
    const rendered = new Map<View, ReadonlyMap<string, string>>();
    const now = performance.now();
    for (const listener of this.#listeners) {
      const { response, view, sinceMs, lastMs } = listener;
      if (now - sinceMs >= (this.#options.longestMs ?? LONGEST_MS)) {
        response.end();
        this.#remove(listener);
        continue;
      }
      if (now >= (this.#dueMs.get(view) ?? 0)) {
        const parts = rendered.get(view) ?? this.#rendered(view, state);
        rendered.set(view, parts);
        this.#sendParts(listener, state, parts);
      }
      if (now - lastMs >= BEAT_MS) this.#send(listener, 'beat', state.health.time);
      this.#endIfStuck(listener, now);
    }
    const { bytesPerSecond = BYTES_PER_SECOND } = this.#options;
    for (const [view, parts] of rendered) {
      const bytes = parts.values().reduce((all, { length }) => all + length, 0);
      this.#dueMs.set(view, now + (bytes / bytesPerSecond) * 1000);
    }
  }

  #rendered({ parts }: View, state: PageState): ReadonlyMap<string, string> {
    return new Map(parts.map((part) => [part.id, part.render(state).toString()]));
  }

  #sendParts(listener: Listener, state: PageState, parts: ReadonlyMap<string, string>): void {
    const changed = [...parts].filter(([id, text]) => listener.sent.get(id) !== text);
    for (const [id, text] of changed) listener.sent.set(id, text);
    if (changed.length > 0) this.#send(listener, 'parts', Object.fromEntries(changed));
    const title = titleOf(listener.view, state);
    if (title !== listener.title) this.#send(listener, 'title', (listener.title = title));
  }

  #sendSamples(listener: Listener, rows: readonly Sample[]): void {
    if (rows.length > 0) this.#send(listener, 'samples', { columns: SAMPLE_COLUMNS, rows });
  }

  #send(listener: Listener, event: string, data: unknown): void {
    const { response } = listener;
    if (!this.#listeners.has(listener)) return;
    // JSON has no line breaks, which would end the event.
    const flows = response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    const now = performance.now();
    listener.lastMs = now;
    if (flows || !response.writableNeedDrain) listener.waitsSinceMs = undefined;
    else listener.waitsSinceMs ??= now;
  }

  #endIfStuck(listener: Listener, now: number): void {
    const { response } = listener;
    if (!response.writableNeedDrain) listener.waitsSinceMs = undefined;
    const isStuck = listener.waitsSinceMs !== undefined && now - listener.waitsSinceMs >= STUCK_MS;
    if (!isStuck && response.writableLength <= (this.#options.mostWaitingBytes ?? MOST_WAITING_BYTES)) return;
    response.destroy();
    this.#remove(listener);
  }

  #remove(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
