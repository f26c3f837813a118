/** The driver: processes a request from the bus and sends exactly one answer within its time budget. */
import { randomUUID } from 'node:crypto';
import type { AnswerEnd, AnswerSink, IncomingRequest } from '../contract/answer.ts';
import type { AuditTrail } from '../contract/audit.ts';
import { DriverError, toDriverError } from '../contract/errors.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import type { Logger } from '../contract/log.ts';
import { parseParams } from '../contract/params.ts';
import { parseRequest, type Request } from '../contract/request.ts';
import { requestChannel, type RequestWork, traced } from '../lib/traced-work.ts';
import { systemNow } from '../contract/time/time.ts';
import { type Caller, callerRoot } from './limits/caller.ts';
import { Cancellation, isCancelled, type Replicas } from './requests/cancellation.ts';
import { type ContextOptions, type DriverFacts, RequestContext } from './context.ts';
import { handlerOf, isDeclared, isLease } from './functions.ts';
import type { Hosts } from './hosts.ts';
import { checkLimit, type DriverLimits } from './limits/request-limits.ts';
import { Leases } from './leases/leases.ts';
import { ProcessLimit } from './limits/process-limit.ts';
import { type ActiveRequest, ActiveRequests } from './requests/active-requests.ts';
import { watchCaller } from './requests/keepalive.ts';
import { type AuditedFacts, RequestAudit } from './requests/request-audit.ts';
import { RequestLog } from './requests/request-log.ts';
import { RequestStatistics } from './requests/request-statistics.ts';
import { TimeBudget } from './requests/time-budget.ts';
import { roundMs } from '../lib/clock.ts';

export interface DriverOptions {
  hosts: Hosts;
  limits: DriverLimits;
  facts: DriverFacts;
  log: Logger;
  /** The other replicas. Without them only requests of this process can be cancelled. */
  peers?: Replicas;
  /** Gets a record of each request. */
  audit?: AuditTrail | undefined;
  now?: () => Nanoseconds;
}

export class Driver {
  readonly statistics = new RequestStatistics();
  readonly #options: DriverOptions;
  readonly #now: () => Nanoseconds;
  readonly #running = new ActiveRequests();
  readonly #leases: Leases;
  readonly #cancellation: Cancellation;
  readonly #limit: ProcessLimit;
  readonly #log: RequestLog;
  #draining = false;
  #leasesEnded = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#now = options.now ?? systemNow;
    this.#log = new RequestLog(options.log);
    this.#limit = new ProcessLimit(this.#running, options.limits.concurrentRequests, options.hosts.all.length);
    for (const { source, pace } of options.hosts.all) {
      pace.onChange((found) => {
        this.#log.paceChanged(source.name, found);
      });
    }
    this.#cancellation = new Cancellation(this.#running, options.peers);
    this.#leases = new Leases({
      limits: options.limits,
      now: this.#now,
      onUnexpected: (error) => {
        this.#log.unexpected({ function: 'eventpipepoll' }, error);
      },
    });
  }

  /** Number of active requests, without leases. */
  get inFlight(): number {
    return this.#running.requests;
  }

  /** What runs now: at most `most` requests and leases, the oldest first. */
  active(most: number): { requests: ActiveRequest[]; leases: ActiveRequest[] } {
    return this.#running.list(most);
  }

  /** Active leases, their items, and the distinct tags that are polled for them. */
  get leases(): Leases['load'] {
    return this.#leases.load;
  }

  /** Processes one request. Never rejects. */
  handle(incoming: IncomingRequest): Promise<void> {
    const work: RequestWork = { incoming: incoming.trace, bytes: incoming.data.byteLength };
    return traced(requestChannel, work, () => this.#handle(incoming, work));
  }

  async #handle(incoming: IncomingRequest, work: RequestWork): Promise<void> {
    const arrived = performance.now();
    const parsed = this.#parse(incoming.data);
    const given = (parsed.ok ? parsed.request.id : parsed.id) ?? randomUUID();
    const id = String(given);
    const name = parsed.ok ? parsed.request.function : parsed.function;
    Object.assign(work, { id, function: isDeclared(name) ? name : '' });
    const asked = parsed.ok ? parsed.request.replyTo : parsed.replyTo;
    const problem = asked === undefined ? undefined : incoming.replyProblem(asked);
    const replyTo = problem === undefined ? asked : undefined;
    const root = callerRoot(incoming.hasReply ? incoming.reply : (replyTo ?? ''));
    const audit = this.#audit(incoming, {
      id,
      function: name,
      caller: root,
      request: parsed.ok ? parsed.request : undefined,
    });
    if (replyTo === undefined && !incoming.hasReply) {
      this.statistics.unanswerable();
      this.#log.dropped({ id, function: name });
      audit?.dropped();
      return;
    }
    const user = parsed.ok ? (parsed.request.user?.name ?? '') : '';
    const caller: Caller = { root, user };
    const plain = incoming.answer({ id: given, function: name, replyTo, trace: work.outgoing });
    const sink = audit?.counting(plain) ?? plain;
    if (isLease(name)) audit?.leased();
    // For a lease, the time until its first message.
    let firstMs: number | undefined;
    const timed = onFlush(sink, () => (firstMs ??= performance.now() - arrived));
    const error = parsed.ok ? problem && wrongReplyTo(problem) : parsed.error;
    const end =
      parsed.ok && error === undefined
        ? await this.#answer(parsed.request, id, timed, { arrived, caller, bytes: incoming.data.byteLength })
        : refusal(toDriverError(error), arrived);
    const elapsedMs = firstMs ?? performance.now() - arrived;
    Object.assign(work, { status: end.status, code: end.error?.code });
    this.statistics.answered(isDeclared(name) ? name : '', end.error?.code ?? end.status, elapsedMs, end.meta.sourceMs);
    this.#log.answered({ id, function: name }, user, end);
    let sent: unknown;
    try {
      sent = await sink.end(end);
    } catch (error) {
      this.#log.notSent({ id, function: name }, error);
    }
    audit?.ended(sent, end, performance.now() - arrived);
  }

  /** Ends active and new requests with `sourceUnavailable`, so that callers use another replica. */
  stop(): void {
    this.#draining = true;
    this.#running.stopAll(stopping());
  }

  /** Ends all leases with a cursor, so that their callers continue with another replica, and accepts no new ones. */
  endLeases(): void {
    this.#leasesEnded = true;
    this.#running.stopLeases(stopping());
  }

  #audit({ data }: IncomingRequest, facts: Omit<AuditedFacts, 'bytes'>): RequestAudit | undefined {
    const { audit } = this.#options;
    return audit && new RequestAudit(audit, { ...facts, bytes: data.byteLength });
  }

  #parse(data: Uint8Array) {
    const { requestBytes } = this.#options.limits;
    // Checked before parsing, so that a huge body is not parsed.
    if (data.byteLength > requestBytes) {
      const error = new DriverError(
        'tooLarge',
        `The request has ${data.byteLength} bytes; the limit is ${requestBytes}. Split it into several requests.`,
        { details: { limit: requestBytes } },
      );
      return { ok: false as const, id: undefined, function: '', replyTo: undefined, error };
    }
    return parseRequest(data);
  }

  async #answer(
    request: Request,
    id: string,
    sink: AnswerSink,
    { arrived, caller, bytes }: { arrived: number; caller: Caller; bytes: number },
  ): Promise<AnswerEnd> {
    const { limits } = this.#options;
    const lease = isLease(request.function);
    let running: ActiveRequest | undefined;
    let leave: (() => void) | undefined;
    try {
      if (this.#draining || (lease && this.#leasesEnded)) throw stopping();
      const handler = handlerOf(request.function);
      if (!lease) leave = this.#limit.enter(caller, handler.needsNoServer === true, bytes);
      const timeoutMs = request.timeoutMs ?? limits.defaultTimeoutMs;
      checkLimit('timeoutMs', timeoutMs, limits.maxTimeoutMs, 'milliseconds', 'Field');
      const params = parseParams(handler.declaration, request.params, (path, length) => {
        checkLimit(path.join('.'), length, limits.itemsPerRequest, 'items');
      });
      const controller = new AbortController();
      const { signal } = controller;
      const budget = new TimeBudget(timeoutMs, arrived);
      const context = this.#context(request, caller, sink, {
        signal,
        deadlineMs: lease ? undefined : budget.deadlineMs,
        graceMs: budget.partGraceMs,
      });

      // A cancel cannot be cancelled: it may have the same id as the request that it stops.
      running = this.#running.begin({
        ...{ id: request.function === 'cancel' ? '' : id, function: request.function, user: caller.user },
        ...{ arrivedMs: Date.now() - (performance.now() - arrived), isLease: lease, controller },
      });
      const life = lease ? undefined : watchCaller(sink, controller, request.keepAlive === true);
      try {
        if (lease) {
          // A lease ends itself, and uses every other end to send its cursor.
          await handler.handle(params, context);
        } else {
          await budget.run(handler.handle(params, context), controller);
          if (isCancelled(signal)) throw signal.reason;
        }
        return context.end(performance.now() - arrived);
      } catch (thrown) {
        return context.fail(this.#reasonOf(thrown, signal), performance.now() - arrived);
      } finally {
        life?.stop();
      }
    } catch (thrown) {
      const error = toDriverError(thrown);
      if (error.code === 'internal') this.#log.unexpected(request, error);
      return refusal(error, arrived);
    } finally {
      if (running) this.#running.end(running);
      leave?.();
    }
  }

  #context(
    request: Request,
    caller: Caller,
    sink: AnswerSink,
    budget: Pick<ContextOptions, 'signal' | 'deadlineMs' | 'graceMs'>,
  ): RequestContext {
    const { hosts, limits, facts } = this.#options;
    return new RequestContext({
      caller,
      hosts,
      selected: hosts.select(request.host),
      named: request.host !== undefined,
      limits,
      facts,
      ...budget,
      now: rounded(this.#now()),
      sink,
      leases: this.#leases,
      cancel: (id) => this.#cancellation.cancel(id),
      onUnexpected: (error) => {
        this.#log.unexpected(request, error);
      },
    });
  }

  #reasonOf(thrown: unknown, signal: AbortSignal): DriverError {
    return signal.aborted && signal.reason instanceof DriverError ? signal.reason : toDriverError(thrown);
  }
}

/** The same sink. Calls `onSend` before a message of a long answer is sent. */
function onFlush(sink: AnswerSink, onSend: () => void): AnswerSink {
  return {
    item: (item) => sink.item(item),
    flush: (interim) => {
      if (interim.isKeepalive !== true) onSend();
      return sink.flush(interim);
    },
    watch: (watcher) => {
      sink.watch(watcher);
    },
    end: (end) => sink.end(end),
  };
}

/**
 * "Now" has a resolution of a tenth of a second: viewers of one dashboard who send requests within the same tenth use
 * the same times, and so share their calls to the source.
 */
const rounded = (now: Nanoseconds): Nanoseconds => now - (now % 100_000_000n);

function refusal(error: DriverError, arrived: number): AnswerEnd {
  const elapsedMs = roundMs(performance.now() - arrived);
  return { status: 'error', error: error.toBody(), meta: { elapsedMs, sourceMs: 0, sourceRequests: 0, hosts: [] } };
}

function wrongReplyTo(problem: string): DriverError {
  return new DriverError(
    'badRequest',
    `Field "replyTo" is not a subject for an answer: ${problem}. Name a subject of your own, or none to be answered on the reply subject of the message.`,
    { details: { field: 'replyTo' } },
  );
}

function stopping(): DriverError {
  return new DriverError('sourceUnavailable', 'This replica of the driver is stopping; send the request again.');
}
