/**
 * The calls of one request to its hosts: at each host it holds one slot for all of its parts, and has one lane in which
 * its calls take turns with those of other requests.
 */
import type { AnswerMeta } from '../../contract/answer.ts';
import type { Pause, SourceCall } from '../../sources/source.ts';
import type { Host } from '../hosts.ts';
import type { Caller } from '../limits/caller.ts';
import type { Lane } from '../limits/fair-limiter.ts';
import { roundMs } from '../../lib/clock.ts';

/** The slot of a request at a host. */
interface Slot {
  /** Parts of the request that use the host. */
  users: number;
  readonly entered: Promise<void>;
}

export interface HostCallOptions {
  /** The call belongs to a probe, which evaluates its result itself: it is only counted. */
  bypass?: boolean;
  /** Default: the signal of the request. */
  signal?: AbortSignal;
}

export class HostCalls {
  readonly #caller: Caller;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number | undefined;
  readonly #lanes = new Map<Host, Lane>();
  readonly #slots = new Map<Host, Slot>();
  readonly #names = new Set<string>();
  #sourceMs = 0;
  #sourceRequests = 0;

  /**
   * @param signal signal of the request
   * @param deadlineMs end of its time budget, by `performance.now()`; undefined without a budget
   */
  constructor(caller: Caller, signal: AbortSignal, deadlineMs: number | undefined) {
    this.#caller = caller;
    this.#signal = signal;
    this.#deadlineMs = deadlineMs;
  }

  /** Time and number of the calls, and the hosts that were used. */
  get counters(): Pick<AnswerMeta, 'sourceMs' | 'sourceRequests' | 'hosts'> {
    return { sourceMs: roundMs(this.#sourceMs), sourceRequests: this.#sourceRequests, hosts: [...this.#names] };
  }

  /** Records that the request uses a host through shared calls. */
  uses(host: Host): void {
    this.#names.add(host.source.name);
  }

  /** Holds a slot at a host during the work, which starts at once. Its parts wait for the slot with `entered`. */
  async using<T>(host: Host, work: () => Promise<T>): Promise<T> {
    const slot = this.#slot(host);
    slot.users++;
    try {
      return await work();
    } finally {
      if (--slot.users === 0) {
        this.#slots.delete(host);
        slot.entered.then(
          () => {
            host.admission.leave(this.#caller);
          },
          () => undefined,
        );
      }
    }
  }

  /** Resolves when the request has a slot at the host. */
  entered(host: Host): Promise<void> {
    return this.#slot(host).entered;
  }

  /** Permission for calls to a host: limited, fair and counted. */
  callTo(host: Host, { bypass = false, signal = this.#signal }: HostCallOptions): SourceCall {
    if (!bypass && !this.#slots.has(host)) {
      throw (
        (this.#signal.reason as Error | undefined) ?? new Error('a call to a server needs a part that works with it')
      );
    }
    const lane = bypass ? undefined : this.#lane(host);
    const shown = bypass ? undefined : signal;
    this.uses(host);
    return {
      signal,
      deadlineMs: this.#deadlineMs,
      run: (call) => {
        const counted = (pause?: Pause) => this.#timed(() => host.health.call(() => call(pause), shown));
        return lane ? lane.run(counted) : counted();
      },
    };
  }

  async #timed<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await call();
    } finally {
      this.#sourceMs += performance.now() - started;
      this.#sourceRequests++;
    }
  }

  #slot(host: Host): Slot {
    let slot = this.#slots.get(host);
    if (!slot) {
      slot = { users: 0, entered: host.admission.enter(this.#caller, this.#signal) };
      // Each waiting part fails with it.
      slot.entered.catch(() => undefined);
      this.#slots.set(host, slot);
    }
    return slot;
  }

  #lane(host: Host): Lane {
    let lane = this.#lanes.get(host);
    if (!lane) {
      lane = host.limiter.lane(this.#signal, this.#caller);
      this.#lanes.set(host, lane);
    }
    return lane;
  }
}
