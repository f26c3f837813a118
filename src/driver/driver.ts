/** The driver: processes a request from the bus and sends exactly one answer within its time budget. */
import { abortAfter, afterGrace } from '../lib/abort.ts';
import { count } from '../lib/phrases.ts';
import { randomUUID } from 'node:crypto';
import type { AnswerEnd, AnswerSink, IncomingRequest } from '../contract/answer.ts';
import { DriverError, toDriverError } from '../contract/errors.ts';
import type { Nanoseconds } from '../contract/instant.ts';
import { limited, type Logger } from '../contract/log.ts';
import { parseParams } from '../contract/params.ts';
import { parseRequest, type Request } from '../contract/request.ts';
import { systemNow } from '../contract/time.ts';
import { type Caller, callerRoot } from './limits/caller.ts';
import { Cancellation, isCancelled, type Replicas } from './requests/cancellation.ts';
import { type ContextOptions, type DriverFacts, RequestContext } from './context.ts';
import { handlerOf, isDeclared, isLease } from './functions.ts';
import type { Hosts } from './hosts.ts';
import { checkLimit, type DriverLimits } from './limits/request-limits.ts';
import { Leases } from './leases/leases.ts';
import { lateText, type ServerPace } from './leases/poll-pace.ts';
import { WAITING_FOR_A_PLACE } from './limits/admission.ts';
import { type ActiveRequest, ActiveRequests } from './requests/active-requests.ts';
import { Shares } from './limits/shares.ts';
import { Keepalive } from './requests/keepalive.ts';
import { RequestStatistics } from './requests/request-statistics.ts';

export interface DriverOptions {
  hosts: Hosts;
  limits: DriverLimits;
  facts: DriverFacts;
  log: Logger;
  /** The other replicas. Without them only requests of this process can be cancelled. */
  peers?: Replicas;
  now?: () => Nanoseconds;
}

/** Reserve in the caller's budget, so that the answer arrives before the caller gives up. */
const reserveMs = (timeoutMs: number): number => Math.min(500, timeoutMs / 10);
/**
 * The shares of this reserve in which a part of a request, and then the whole function, must react to the end of the
 * budget. The rest is for sending the end.
 */
const PART_GRACE = 1 / 3;
const WHOLE_GRACE = 2 / 3;
/**
 * Longest silence of a request whose caller accepts messages without items. A caller that seems gone is checked once
 * more after CALLER_GRACE_MS, because its subscription may not be known in the whole cluster yet.
 */
const SILENCE_MS = 5000;
const CALLER_GRACE_MS = 1000;
/** Retry hint for callers when the process is overloaded. */
const RETRY_AFTER_MS = 1000;

/** A request counts once more for each WEIGHED_BYTES of its size, because waiting requests cost memory. */
const WEIGHED_BYTES = 16 * 1024;

export class Driver {
  readonly statistics = new RequestStatistics();
  readonly #options: DriverOptions;
  readonly #now: () => Nanoseconds;
  readonly #running = new ActiveRequests();
  readonly #leases: Leases;
  readonly #cancellation: Cancellation;
  /** Requests that need no server. */
  readonly #light: Shares;
  /** All others, active or waiting for a slot at a server. A large one counts as several. */
  readonly #heavy: Shares;
  #draining = false;
  #leasesEnded = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#now = options.now ?? systemNow;
    const { concurrentRequests } = options.limits;
    this.#light = new Shares(concurrentRequests);
    // As many as can be active and waiting at all servers, and the same number for those that are neither.
    const each = concurrentRequests * (1 + WAITING_FOR_A_PLACE);
    this.#heavy = new Shares(each * (options.hosts.all.length + 1));
    for (const { source, pace } of options.hosts.all) {
      pace.onChange((found) => {
        this.#paceChanged(source.name, found);
      });
    }
    this.#cancellation = new Cancellation(this.#running, options.peers);
    this.#leases = new Leases({
      limits: options.limits,
      now: this.#now,
      onUnexpected: (error) => {
        this.#unexpected({ function: 'eventpipepoll' }, error);
      },
    });
  }

  /** Number of active requests, without leases. */
  get inFlight(): number {
    return this.#running.requests;
  }

  /** Active leases, their items, and the distinct tags that are polled for them. */
  get leases(): Leases['load'] {
    return this.#leases.load;
  }

  /** Processes one request. Never rejects. */
  async handle(incoming: IncomingRequest): Promise<void> {
    const arrived = performance.now();
    const parsed = this.#parse(incoming.data);
    const given = (parsed.ok ? parsed.request.id : parsed.id) ?? randomUUID();
    const id = String(given);
    const name = parsed.ok ? parsed.request.function : parsed.function;
    const asked = parsed.ok ? parsed.request.replyTo : parsed.replyTo;
    const problem = asked === undefined ? undefined : incoming.replyProblem(asked);
    const replyTo = problem === undefined ? asked : undefined;
    if (replyTo === undefined && !incoming.hasReply) {
      this.#dropped({ id, function: name });
      return;
    }
    const user = parsed.ok ? (parsed.request.user?.name ?? '') : '';
    const caller: Caller = { root: callerRoot(incoming.hasReply ? incoming.reply : (replyTo ?? '')), user };
    const sink = incoming.answer({ id: given, function: name, replyTo });
    // For a lease, the time until its first message.
    let firstMs: number | undefined;
    const heard = onFlush(sink, () => (firstMs ??= performance.now() - arrived));
    const error = parsed.ok ? problem && wrongReplyTo(problem) : parsed.error;
    const end =
      parsed.ok && error === undefined
        ? await this.#answer(parsed.request, id, heard, { arrived, caller, bytes: incoming.data.byteLength })
        : refusal(toDriverError(error), arrived);
    const elapsedMs = firstMs ?? performance.now() - arrived;
    const status = end.error?.code ?? end.status;
    this.statistics.answered(isDeclared(name) ? name : '', status, elapsedMs);
    this.#options.log.debug(
      {
        id,
        function: name,
        user: user === '' ? undefined : user,
        status,
        ended: end.meta.ended,
        elapsedMs: end.meta.elapsedMs,
        error: end.error?.message,
      },
      'request answered',
    );
    try {
      await sink.end(end);
    } catch (error) {
      const facts = { id, function: name, err: error };
      limited(this.#options.log).error('answer not sent', facts, 'the answer could not be sent');
    }
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
    let clearLimit: (() => void) | undefined;
    let leave: (() => void) | undefined;
    try {
      if (this.#draining || (lease && this.#leasesEnded)) throw stopping();
      const handler = handlerOf(request.function);
      if (!lease) leave = this.#enter(caller, handler.needsNoServer === true, bytes);
      const timeoutMs = request.timeoutMs ?? limits.defaultTimeoutMs;
      checkLimit('timeoutMs', timeoutMs, limits.maxTimeoutMs, 'milliseconds', 'Field');
      const params = parseParams(handler.declaration, request.params, (path, length) => {
        checkLimit(path.join('.'), length, limits.itemsPerRequest, 'items');
      });
      const reserve = reserveMs(timeoutMs);
      const controller = new AbortController();
      const { signal } = controller;
      const deadlineMs = lease ? undefined : arrived + timeoutMs - reserve;
      const context = this.#context(request, caller, sink, { signal, deadlineMs, graceMs: reserve * PART_GRACE });

      // A cancel cannot be cancelled: it may have the same id as the request that it stops.
      running = this.#running.begin({ id: request.function === 'cancel' ? '' : id, isLease: lease, controller });
      const life = lease ? undefined : this.#watchCaller(sink, controller, request.keepAlive === true);
      try {
        if (lease) {
          // A lease ends itself, and uses every other end to send its cursor.
          await handler.handle(params, context);
        } else {
          clearLimit = abortAfter(timeoutMs - reserve, controller, () => timedOut(timeoutMs));
          await Promise.race([handler.handle(params, context), afterGrace(signal, reserve * WHOLE_GRACE)]);
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
      if (error.code === 'internal') this.#unexpected(request, error);
      return refusal(error, arrived);
    } finally {
      clearLimit?.();
      if (running) this.#running.end(running);
      leave?.();
    }
  }

  /**
   * Ends a request whose caller has left, so that it uses no server time. The messages of a longer answer detect that.
   * Before the first one a message without items can, if the caller accepts those.
   */
  #watchCaller(sink: AnswerSink, controller: AbortController, keepAlive: boolean): Keepalive {
    const life = new Keepalive(SILENCE_MS, CALLER_GRACE_MS, {
      send: () => {
        // A message that cannot be sent ends the answer anyway.
        sink.flush({ isSignOfLife: true })?.catch(() => undefined);
      },
      gone: () => {
        controller.abort(callerGone());
      },
    });
    sink.watch(life);
    if (keepAlive) life.sent();
    return life;
  }

  /**
   * Admits a request. The returned function releases it.
   * @throws DriverError `overloaded`
   */
  #enter({ root }: Caller, needsNoServer: boolean, bytes: number): () => void {
    const shares = needsNoServer ? this.#light : this.#heavy;
    const weight = needsNoServer ? 1 : 1 + Math.floor(bytes / WEIGHED_BYTES);
    if (!shares.mayTake(root, weight)) throw overloaded(this.inFlight);
    shares.take(root, weight);
    return () => {
      shares.give(root, weight);
    };
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
        this.#unexpected(request, error);
      },
    });
  }

  #dropped(facts: { id: string; function: string }): void {
    this.statistics.unanswerable();
    const text = 'request dropped: it names no subject on which the driver may send an answer';
    limited(this.#options.log).warn('request without reply subject', facts, text);
  }

  #paceChanged(server: string, pace: ServerPace): void {
    const { late, ...numbers } = pace;
    const facts = { server, ...numbers };
    const log = limited(this.#options.log);
    if (late) log.warn('late polls', facts, lateText(server, pace));
    else log.info('late polls', facts, `The leased tags of server "${server}" are read as often as asked for again.`);
  }

  #unexpected(request: Pick<Request, 'id' | 'function'>, error: DriverError): void {
    const facts = { id: request.id, function: request.function, err: error.cause ?? error };
    limited(this.#options.log).error('fault in a request', facts, error.message);
  }

  #reasonOf(thrown: unknown, signal: AbortSignal): DriverError {
    return signal.aborted && signal.reason instanceof DriverError ? signal.reason : toDriverError(thrown);
  }
}

/** The same sink. Calls `tell` before a message of a long answer is sent. */
function onFlush(sink: AnswerSink, tell: () => void): AnswerSink {
  return {
    item: (item) => sink.item(item),
    flush: (interim) => {
      if (interim.isSignOfLife !== true) tell();
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
  const elapsedMs = Math.round((performance.now() - arrived) * 100) / 100;
  return { status: 'error', error: error.toBody(), meta: { elapsedMs, sourceMs: 0, sourceRequests: 0, hosts: [] } };
}

function wrongReplyTo(problem: string): DriverError {
  return new DriverError(
    'badRequest',
    `Field "replyTo" is not a subject for an answer: ${problem}. Name a subject of your own, or none to be answered on the reply subject of the message.`,
    { details: { field: 'replyTo' } },
  );
}

function timedOut(timeoutMs: number): DriverError {
  return new DriverError('timeout', `Not ready within the time budget of ${timeoutMs} ms.`, { details: { timeoutMs } });
}

function overloaded(inFlight: number): DriverError {
  const text = `The driver has ${count(inFlight, 'request')} in work or waiting, and this caller its share of them; try again later.`;
  return new DriverError('overloaded', text, {
    details: { retryAfterMs: RETRY_AFTER_MS },
  });
}

function callerGone(): DriverError {
  return new DriverError('cancelled', 'Nobody receives the answer any more.');
}

function stopping(): DriverError {
  return new DriverError('sourceUnavailable', 'This replica of the driver is stopping; send the request again.');
}
