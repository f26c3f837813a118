/** What the tests of leases share: a server whose values a test sets, and the messages of a lease. */
import type { AnswerEnd, AnswerItem, AnswerSink, AnswerWatcher, Interim } from '../../../../src/contract/answer.ts';
import { DriverError, type ErrorCode } from '../../../../src/contract/errors.ts';
import type { Replicas } from '../../../../src/driver/requests/cancellation.ts';
import { Driver } from '../../../../src/driver/driver.ts';
import { Hosts } from '../../../../src/driver/hosts.ts';
import type { DriverLimits } from '../../../../src/driver/limits/request-limits.ts';
import type { Source, SourceCall } from '../../../../src/sources/source.ts';
import { limits, source, TestLog } from '../../../support/driver.ts';

export type Values = Record<string, number | ErrorCode | (() => Promise<never>)>;

/** A server with tags that have the values of a table; counts what it is asked. */
export class TestServer {
  readonly values: Values;
  /** Polls by tag, and checks of the server as a whole under `""`. */
  readonly asked: Record<string, number> = {};
  up = true;
  /** Polls in work, now and at most. */
  running = 0;
  mostRunning = 0;
  /** A poll takes so long. */
  latencyMs = 0;
  readonly source: Source;

  constructor(name: string, values: Values) {
    this.values = values;
    this.source = source(name, {
      snapshot: (fqn, _time, call) => call.run(() => this.#read(fqn.id, call)),
      probe: async () => {
        this.#count('');
        if (this.up) return { state: 'up', version: '66.1', latencyMs: 1 };
        return { state: 'down', version: null, latencyMs: null, message: `Server "${name}" is away.` };
      },
    });
  }

  #count(id: string): void {
    this.asked[id] = (this.asked[id] ?? 0) + 1;
  }

  async #read(id: string, { signal }: SourceCall) {
    this.#count(id);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
      if (signal.aborted) throw signal.reason;
      if (!this.up) throw new DriverError('sourceUnavailable', 'It is not there.');
      const value = this.values[id];
      if (typeof value === 'function') return await value();
      if (typeof value === 'string') throw new DriverError(value, `It fails: ${Math.random()}.`);
      return { value: value ?? null, time: null, status: 'Good' as const };
    } finally {
      this.running--;
    }
  }
}

export interface Message extends Interim {
  items: AnswerItem[];
}

/** The answer of a lease as it grows. */
export class LeaseAnswer implements AnswerSink {
  readonly messages: Message[] = [];
  end_: AnswerEnd | undefined;
  #items: AnswerItem[] = [];
  /** Resolves when the receiver has room. */
  room: Promise<void> | undefined;

  item(item: AnswerItem): undefined {
    this.#items.push(item);
  }

  flush(interim: Interim): Promise<void> | undefined {
    this.messages.push({ ...interim, items: this.#items.splice(0) });
    return this.room;
  }

  watcher: AnswerWatcher | undefined;
  watch(watcher: AnswerWatcher): void {
    this.watcher = watcher;
  }

  async end(end: AnswerEnd): Promise<void> {
    this.end_ = end;
    if (this.#items.length > 0) this.messages.push({ items: this.#items });
  }

  /** Index and value or error of all items since the last call. */
  news(): string[] {
    return this.messages.splice(0).flatMap(({ items }) =>
      items.map((item) => {
        const { index, value, error } = item as { index: number; value?: unknown; error?: { code: string } };
        return `${index}: ${error?.code ?? String(value)}`;
      }),
    );
  }

  /** The newest cursor. */
  get cursor(): string | undefined {
    return this.end_?.meta.cursor ?? this.messages.findLast(({ meta }) => meta?.cursor !== undefined)?.meta?.cursor;
  }
}

export function leasingDriver(
  servers: TestServer[],
  options: { limits?: Partial<DriverLimits>; peers?: Replicas } = {},
) {
  const log = new TestLog();
  const hosts = new Hosts(
    servers.map((server) => ({ source: server.source, concurrency: 8, queueLimit: 10_000, requests: 256 })),
  );
  const driver = new Driver({
    hosts,
    limits: { ...limits, ...options.limits },
    facts: { version: '1.2.3', instance: 'test-1', started: '2026-03-15T12:00:00Z' },
    log,
    ...(options.peers ? { peers: options.peers } : {}),
  });
  const send = (name: string, params: object, id?: string): LeaseAnswer => {
    const answer = new LeaseAnswer();
    const request = { function: name, params, ...(id === undefined ? {} : { id }) };
    void driver.handle({
      data: Buffer.from(JSON.stringify(request)),
      hasReply: true,
      reply: 'answers.1',
      replyProblem: () => undefined,
      answer: () => answer,
    });
    return answer;
  };
  const lease = (items: string[], params: object = {}, id?: string): LeaseAnswer =>
    send('eventpipepoll', { items, intervalMs: 1000, leaseMs: 600_000, ...params }, id);
  return { driver, hosts, log, send, lease };
}

export const tag = (id: string, host = 'a'): string => `seeq:${host}/signal/${id}`;
