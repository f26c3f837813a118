/** Everything that belongs to one request while it is worked on. */
import type { AnswerEnd, AnswerItem, AnswerMeta, AnswerSink, AnswerWatcher, FailedItem } from '../contract/answer.ts';
import type { DriverError, ErrorCode } from '../contract/errors.ts';
import { toDriverError } from '../contract/errors.ts';
import type { Nanoseconds } from '../contract/instant.ts';
import type { Pause, SourceCall } from '../sources/source.ts';
import type { Caller } from './limits/caller.ts';
import { isCancelled } from './requests/cancellation.ts';
import type { Lane } from './limits/fair-limiter.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Leases } from './leases/leases.ts';
import type { DriverLimits } from './limits/request-limits.ts';

/** What all requests share and a function may want to tell. */
export interface DriverFacts {
  /** Version of the driver. */
  version: string;
  /** Names this process among replicas. */
  instance: string;
  /** ISO 8601 UTC. */
  started: string;
}

export interface ContextOptions {
  caller: Caller;
  hosts: Hosts;
  /** The servers that the request names; all when it names none. */
  selected: Host[];
  /** Whether the request names them. */
  named: boolean;
  limits: DriverLimits;
  facts: DriverFacts;
  signal: AbortSignal;
  /** When the signal is aborted at the latest, by `performance.now()`; undefined for what has no budget. */
  deadlineMs?: number | undefined;
  /** How long a part of the request may take to notice that the signal was aborted, in milliseconds. */
  graceMs: number;
  /** The instant that every relative time of this request refers to. */
  now: Nanoseconds;
  sink: AnswerSink;
  /** The leases of this process. */
  leases: Leases;
  /** Stops what runs with an id, on any replica; tells whether anything did. */
  cancel: (id: string) => Promise<boolean>;
  /** Told of errors that nobody expected, with their cause. */
  onUnexpected: (error: DriverError) => void;
}

/**
 * Works on a part of a request. One that resolves with `found` has only found what other parts read, which is no success
 * of its own: where all of those fail, the request has failed.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most parts have nothing to say
export type PartWork = () => Promise<'read' | 'found' | void>;

/** The place of a request at a host. */
interface Claim {
  /** Parts of the request that work with the host. */
  users: number;
  readonly entered: Promise<void>;
}

export class RequestContext {
  readonly caller: Caller;
  readonly hosts: Hosts;
  readonly selected: Host[];
  readonly named: boolean;
  readonly limits: DriverLimits;
  readonly facts: DriverFacts;
  readonly signal: AbortSignal;
  readonly now: Nanoseconds;
  /** Filled by the function, sent with the last message. */
  readonly meta: Pick<AnswerMeta, 'total' | 'cursor' | 'truncated' | 'ended' | 'intervalMs'> = {};
  readonly leases: Leases;
  readonly cancel: ContextOptions['cancel'];
  readonly #arrived = performance.now();
  readonly #deadlineMs: number | undefined;
  readonly #sink: AnswerSink;
  readonly #onUnexpected: (error: DriverError) => void;
  /** Rejects with the signal's reason a grace after the signal. */
  readonly #overdue: Promise<never>;
  readonly #lanes = new Map<Host, Lane>();
  readonly #claims = new Map<Host, Claim>();
  readonly #asked = new Set<string>();
  #sourceMs = 0;
  #sourceRequests = 0;
  #succeeded = 0;
  #failed = 0;
  #firstFailure: DriverError | undefined;
  #items = 0;
  #ended = false;

  constructor(options: ContextOptions) {
    this.caller = options.caller;
    this.hosts = options.hosts;
    this.selected = options.selected;
    this.named = options.named;
    this.limits = options.limits;
    this.facts = options.facts;
    this.signal = options.signal;
    this.now = options.now;
    this.leases = options.leases;
    this.cancel = options.cancel;
    this.#deadlineMs = options.deadlineMs;
    this.#sink = options.sink;
    this.#onUnexpected = options.onUnexpected;
    this.#overdue = overdue(options.signal, options.graceMs);
  }

  /** Items sent so far. */
  get items(): number {
    return this.#items;
  }

  /**
   * Sends one item; wait for it before making the next, so that a slow receiver slows the source down. What is ready
   * when the budget ends may still be sent; what comes after the end of the answer belongs to nobody.
   */
  emit(item: AnswerItem): Promise<void> | undefined {
    if (this.#ended) throw this.signal.reason ?? new Error('an item came after the end of its answer');
    this.#items++;
    return this.#sink.item(item);
  }

  /** Sends one item that no part of the request has read, such as a hit of a search. */
  emitFound(item: AnswerItem): Promise<void> | undefined {
    this.#succeeded++;
    return this.emit(item);
  }

  /** Sends what was emitted so far, even if that is nothing, in an answer that goes on for long. */
  flush(known: Pick<AnswerMeta, 'cursor' | 'intervalMs'>): Promise<void> | undefined {
    if (this.#ended) return undefined;
    const told = known.cursor !== undefined || known.intervalMs !== undefined;
    const meta = told ? { ...this.#counters(performance.now() - this.#arrived), ...known } : undefined;
    return this.#sink.flush(meta ? { meta } : {});
  }

  /** Has `watcher` told of the messages that others follow. */
  watch(watcher: AnswerWatcher): void {
    this.#sink.watch(watcher);
  }

  /** A server is asked on behalf of this request, by calls that it shares with others. */
  asks(host: Host): void {
    this.#asked.add(host.source.name);
  }

  /** Something is missing at the end of an answer that went on for long: it ends as `partial`. */
  incomplete(): void {
    this.#succeeded++;
    this.#failed++;
  }

  /**
   * Holds a place at a host as long as the work goes on, so that a request with many parts there waits for one once.
   * The work begins at once; its parts wait for the place.
   */
  async using<T>(host: Host, work: () => Promise<T>): Promise<T> {
    const claim = this.#claim(host);
    claim.users++;
    try {
      return await work();
    } finally {
      if (--claim.users === 0) {
        this.#claims.delete(host);
        claim.entered.then(
          () => {
            host.places.leave(this.caller);
          },
          () => undefined,
        );
      }
    }
  }

  /**
   * Works on one part of the request (an item, a host) that may fail alone. Its failure becomes an item of the answer;
   * so does a part that goes on after the end of the budget, whose work is then left to itself.
   * @param failed names the part
   * @param host the one that the part works with; it waits for a place there
   */
  async part(failed: Omit<FailedItem, 'error'>, work: PartWork, host?: Host): Promise<void> {
    await (
      await this.attempt(failed, work, host)
    )();
  }

  /** Like `part`, for the order of items: its outcome enters the answer when the function that it resolves with is called. */
  async attempt(failed: Omit<FailedItem, 'error'>, work: PartWork, host?: Host): Promise<() => Promise<void>> {
    try {
      if (this.signal.aborted) throw this.signal.reason;
      const outcome = await (host === undefined
        ? Promise.race([work(), this.#overdue])
        : this.using(host, () => Promise.race([this.#claim(host).entered.then(work), this.#overdue])));
      return async () => {
        if (outcome !== 'found') this.#succeeded++;
      };
    } catch (thrown) {
      return () => this.#fail(failed, toDriverError(thrown));
    }
  }

  /** Works out one item, which the function that it resolves with emits; in its place its failure. */
  async prepare(
    failed: Omit<FailedItem, 'error'>,
    work: () => Promise<AnswerItem>,
    host?: Host,
  ): Promise<() => Promise<void>> {
    let item: AnswerItem | undefined;
    const conclude = await this.attempt(
      failed,
      async () => {
        item = await work();
      },
      host,
    );
    return async () => {
      if (item !== undefined) await this.emit(item);
      await conclude();
    };
  }

  async #fail(failed: Omit<FailedItem, 'error'>, error: DriverError): Promise<void> {
    // Who has cancelled a request wants no failure of each of its parts.
    if (this.#ended || isCancelled(this.signal)) return;
    if (error.code === 'internal') this.#onUnexpected(error);
    this.#failed++;
    this.#firstFailure ??= error;
    this.#items++;
    await this.#sink.item({ ...failed, error: error.toBody() });
  }

  /**
   * The right to call a server: limited, fair, counted. A call that `bypass`es the limits is only counted: it is part
   * of a probe, which knows best itself what it found.
   */
  callTo(host: Host, options: { bypass?: boolean; signal?: AbortSignal } = {}): SourceCall {
    const signal = options.signal ?? this.signal;
    if (options.bypass !== true && !this.#claims.has(host)) {
      throw (
        (this.signal.reason as Error | undefined) ?? new Error('a call to a server needs a part that works with it')
      );
    }
    const lane = options.bypass ? undefined : this.#lane(host);
    this.#asked.add(host.source.name);
    return {
      signal,
      deadlineMs: this.#deadlineMs,
      run: (call) => {
        const counted = (pause?: Pause) =>
          this.#counted(host, () => call(pause), options.bypass === true ? undefined : signal);
        return lane ? lane.run(counted) : counted();
      },
    };
  }

  /** The end of an answer whose function has returned. */
  end(elapsedMs: number): AnswerEnd {
    this.#ended = true;
    const meta = { ...this.#counters(elapsedMs), ...this.meta };
    if (this.#failed === 0) return { status: 'ok', meta };
    if (this.#succeeded > 0 || !this.#firstFailure) return { status: 'partial', meta };
    return { status: 'error', error: this.#firstFailure.toBody(), meta };
  }

  /** The end of an answer whose function has failed as a whole. */
  fail(error: DriverError, elapsedMs: number): AnswerEnd {
    this.#ended = true;
    if (error.code === 'internal') this.#onUnexpected(error);
    return { status: 'error', error: error.toBody(), meta: this.#counters(elapsedMs) };
  }

  #counters(elapsedMs: number): AnswerMeta {
    return {
      elapsedMs: roundMs(elapsedMs),
      sourceMs: roundMs(this.#sourceMs),
      sourceRequests: this.#sourceRequests,
      hosts: [...this.#asked],
    };
  }

  #claim(host: Host): Claim {
    let claim = this.#claims.get(host);
    if (!claim) {
      claim = { users: 0, entered: host.places.enter(this.caller, this.signal) };
      // Each part that waits for it fails with it.
      claim.entered.catch(() => undefined);
      this.#claims.set(host, claim);
    }
    return claim;
  }

  #lane(host: Host): Lane {
    let lane = this.#lanes.get(host);
    if (!lane) {
      lane = host.gate.lane(this.signal, this.caller);
      this.#lanes.set(host, lane);
    }
    return lane;
  }

  /** @param signal of a call that tells how the server is; one that we broke off ourselves tells nothing */
  async #counted<T>({ findings }: Host, call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const started = performance.now();
    let result: 'ok' | ErrorCode = 'ok';
    try {
      const answer = await call();
      if (signal) findings.succeeded();
      return answer;
    } catch (thrown) {
      const error = toDriverError(thrown);
      result = error.code;
      if (signal?.aborted === false) findings.failed(error);
      throw thrown;
    } finally {
      const elapsedMs = performance.now() - started;
      findings.count(result, elapsedMs);
      this.#sourceMs += elapsedMs;
      this.#sourceRequests++;
    }
  }
}

function overdue(signal: AbortSignal, graceMs: number): Promise<never> {
  const promise = new Promise<never>((_resolve, reject) => {
    const late = () => {
      setTimeout(() => {
        reject(signal.reason as Error);
      }, graceMs);
    };
    signal.addEventListener('abort', late, { once: true });
  });
  // A request without parts waits for nothing here.
  promise.catch(() => undefined);
  return promise;
}

/** Milliseconds with two digits behind the point. */
const roundMs = (ms: number): number => Math.round(ms * 100) / 100;
