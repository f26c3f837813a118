/** The state of one request while it is processed. */
import type { AnswerEnd, AnswerItem, AnswerMeta, AnswerSink, AnswerWatcher, FailedItem } from '../contract/answer.ts';
import type { DriverError } from '../contract/errors.ts';
import { toDriverError } from '../contract/errors.ts';
import type { DriverHealth } from '../contract/health.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import { afterGrace } from '../lib/abort.ts';
import type { SourceCall } from '../sources/source.ts';
import type { Caller } from './limits/caller.ts';
import { isCancelled } from './requests/cancellation.ts';
import { type HostCallOptions, HostCalls } from './requests/host-calls.ts';
import type { Host, Hosts } from './hosts.ts';
import type { Leases } from './leases/leases.ts';
import type { DriverLimits } from './limits/request-limits.ts';
import { roundMs } from '../lib/clock.ts';

/** Facts about the process that functions may return. */
export interface DriverFacts {
  /** Version of the driver. */
  version: string;
  /** Identifies this process among replicas. */
  instance: string;
  /** ISO 8601 UTC. */
  started: string;
  /** The current health of the process. Absent where nothing judges it. */
  health?: (() => Promise<DriverHealth>) | undefined;
}

export interface ContextOptions {
  caller: Caller;
  hosts: Hosts;
  /** The servers that the request selects. All if it names none. */
  selected: Host[];
  /** Whether the request names the servers. */
  named: boolean;
  limits: DriverLimits;
  facts: DriverFacts;
  signal: AbortSignal;
  /** Latest time of the signal's abort, by `performance.now()`. Undefined without a time budget. */
  deadlineMs?: number | undefined;
  /** How long a part of the request may take to react to the aborted signal, in milliseconds. */
  graceMs: number;
  /** The reference of all relative times in this request. */
  now: Nanoseconds;
  sink: AnswerSink;
  /** The leases of this process. */
  leases: Leases;
  /** Stops the requests and leases with an id, on any replica. Returns whether there were any. */
  cancel: (id: string) => Promise<boolean>;
  /** Called on unexpected errors, with their cause. */
  onUnexpected: (error: DriverError) => void;
}

/**
 * Processes a part of a request. `found` means that it only found what other parts read, which does not count as a
 * success: if all of those fail, the request has failed.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most parts have nothing to say
export type PartWork = () => Promise<'read' | 'found' | void>;

export class RequestContext {
  readonly caller: Caller;
  readonly hosts: Hosts;
  readonly selected: Host[];
  readonly named: boolean;
  readonly limits: DriverLimits;
  readonly facts: DriverFacts;
  readonly signal: AbortSignal;
  readonly now: Nanoseconds;
  /** Set by the function, sent with the last message. */
  readonly meta: Pick<AnswerMeta, 'total' | 'cursor' | 'truncated' | 'ended' | 'intervalMs'> = {};
  readonly leases: Leases;
  readonly cancel: ContextOptions['cancel'];
  readonly #arrived = performance.now();
  readonly #calls: HostCalls;
  readonly #sink: AnswerSink;
  readonly #onUnexpected: (error: DriverError) => void;
  /** Rejects with the signal's reason after a grace period. */
  readonly #overdue: Promise<never>;
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
    this.#calls = new HostCalls(options.caller, options.signal, options.deadlineMs);
    this.#sink = options.sink;
    this.#onUnexpected = options.onUnexpected;
    this.#overdue = afterGrace(options.signal, options.graceMs);
  }

  /** Number of items sent. */
  get items(): number {
    return this.#items;
  }

  /**
   * Sends one item. Await it before the next one, so that a slow receiver slows the source down. Items that are ready
   * when the budget ends may still be sent. Items after the end of the answer are discarded.
   */
  emit(item: AnswerItem): Promise<void> | undefined {
    if (this.#ended) throw this.signal.reason ?? new Error('an item came after the end of its answer');
    this.#items++;
    return this.#sink.item(item);
  }

  /** Sends one item that no part of the request has read, such as a search hit. */
  emitFound(item: AnswerItem): Promise<void> | undefined {
    this.#succeeded++;
    return this.emit(item);
  }

  /** Sends the items so far, even if there are none, in a long-running answer. */
  flush(known: Pick<AnswerMeta, 'cursor' | 'intervalMs'>): Promise<void> | undefined {
    if (this.#ended) return undefined;
    const hasMeta = known.cursor !== undefined || known.intervalMs !== undefined;
    const meta = hasMeta ? { ...this.#counters(performance.now() - this.#arrived), ...known } : undefined;
    return this.#sink.flush(meta ? { meta } : {});
  }

  /** Lets `watcher` observe the messages before the final one. */
  watch(watcher: AnswerWatcher): void {
    this.#sink.watch(watcher);
  }

  /** Records that this request uses a server through shared calls. */
  asks(host: Host): void {
    this.#calls.uses(host);
  }

  /** The end of a long-running answer is incomplete: its status becomes `partial`. */
  incomplete(): void {
    this.#succeeded++;
    this.#failed++;
  }

  /**
   * Holds a slot at a host during the work, so that a request with many parts waits for a slot only once. The work
   * starts at once; its parts wait for the slot.
   */
  using<T>(host: Host, work: () => Promise<T>): Promise<T> {
    return this.#calls.using(host, work);
  }

  /**
   * Processes one part of the request (an item, a host) that may fail alone. Its failure becomes an item of the answer,
   * also if the part exceeds the time budget. Its work is then abandoned.
   * @param failed names the part
   * @param host the host of the part, at which it waits for a slot
   */
  async part(failed: Omit<FailedItem, 'error'>, work: PartWork, host?: Host): Promise<void> {
    await (
      await this.attempt(failed, work, host)
    )();
  }

  /** Like `part`, but keeps the order of items: the returned function adds the result to the answer. */
  async attempt(failed: Omit<FailedItem, 'error'>, work: PartWork, host?: Host): Promise<() => Promise<void>> {
    try {
      this.signal.throwIfAborted();
      const outcome = await (host === undefined
        ? Promise.race([work(), this.#overdue])
        : this.using(host, () => Promise.race([this.#calls.entered(host).then(work), this.#overdue])));
      return async () => {
        if (outcome !== 'found') this.#succeeded++;
      };
    } catch (thrown) {
      return () => this.#fail(failed, toDriverError(thrown));
    }
  }

  /** Prepares one item. The returned function emits the item, or its failure. */
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
    // The caller of a cancelled request needs no failure of each part.
    if (this.#ended || isCancelled(this.signal)) return;
    if (error.code === 'internal') this.#onUnexpected(error);
    this.#failed++;
    this.#firstFailure ??= error;
    this.#items++;
    await this.#sink.item({ ...failed, error: error.toBody() });
  }

  /**
   * Permission for calls to a server: limited, fair and counted. With `bypass` a call is only counted: it belongs to a
   * probe, which evaluates its result itself.
   */
  callTo(host: Host, options: HostCallOptions = {}): SourceCall {
    return this.#calls.callTo(host, options);
  }

  /** The end of an answer whose function has returned. */
  end(elapsedMs: number): AnswerEnd {
    this.#ended = true;
    const meta = { ...this.#counters(elapsedMs), ...this.meta };
    if (this.#failed === 0) return { status: 'ok', meta };
    if (this.#succeeded > 0 || !this.#firstFailure) return { status: 'partial', meta };
    return { status: 'error', error: this.#firstFailure.toBody(), meta };
  }

  /** The end of an answer whose function has failed. */
  fail(error: DriverError, elapsedMs: number): AnswerEnd {
    this.#ended = true;
    if (error.code === 'internal') this.#onUnexpected(error);
    return { status: 'error', error: error.toBody(), meta: this.#counters(elapsedMs) };
  }

  #counters(elapsedMs: number): AnswerMeta {
    return { elapsedMs: roundMs(elapsedMs), ...this.#calls.counters };
  }
}
