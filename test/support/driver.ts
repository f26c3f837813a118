/** What the tests of the driver share: an answer that is collected, sources written by hand, and a driver on them. */
import type { AnswerEnd, AnswerHead, AnswerSink, IncomingRequest } from '../../src/contract/answer.ts';
import { DriverError } from '../../src/contract/errors.ts';
import { formatFqn, type FqnKind } from '../../src/contract/fqn.ts';
import { type Nanoseconds, parseInstant } from '../../src/contract/time/instant.ts';
import { Driver, type DriverOptions } from '../../src/driver/driver.ts';
import { type HostOptions, Hosts } from '../../src/driver/hosts.ts';
import type { DriverLimits } from '../../src/driver/limits/request-limits.ts';
import type {
  AssetTrees,
  Describer,
  HistoryReader,
  Lister,
  SearchPage,
  SearchQuery,
  SnapshotReader,
  Source,
  SourceAbilities,
  SourceCall,
  TimeframeReader,
} from '../../src/sources/source.ts';

export const NOW = '2026-03-15T12:00:00Z';

/** A source that can do everything, in one object. */
export interface WholeSource
  extends Source, Describer, AssetTrees, Lister, SnapshotReader, Required<HistoryReader>, TimeframeReader {
  search(query: SearchQuery, call: SourceCall): Promise<SearchPage>;
}

/** A source that can do everything and has nothing; tests replace what they need. */
export function source(name: string, methods: Partial<WholeSource> = {}): WholeSource {
  const nothing = async (): Promise<never> => {
    throw new DriverError('notFound', `Nothing of this is on "${name}".`);
  };
  const whole: WholeSource = {
    scheme: 'seeq',
    name,
    abilities: {},
    url: `https://${name}.example`,
    probe: async () => ({ state: 'up', version: '66.1', latencyMs: 1 }),
    search: async () => ({ found: [], total: 0, more: false }),
    describe: async () => new Map(),
    workbookId: async (text) => text,
    children: async () => ({ assets: [], attributes: [] }),
    properties: nothing,
    snapshot: nothing,
    async *samples() {
      // None.
    },
    count: nothing,
    shape: nothing,
    reduced: nothing,
    async *timeframes() {
      // None.
    },
    close: async () => undefined,
    ...methods,
  };
  const abilities: SourceAbilities = {
    search: whole,
    describe: whole,
    assets: whole,
    lists: whole,
    snapshot: whole,
    history: whole,
    timeframes: whole,
  };
  return Object.assign(whole, { abilities });
}

export interface LogLine {
  level: string;
  facts: Record<string, unknown>;
  message: string;
}

export class TestLog {
  readonly lines: LogLine[] = [];
  readonly debug = this.#take('debug');
  readonly info = this.#take('info');
  readonly notice = this.#take('notice');
  readonly warn = this.#take('warn');
  readonly error = this.#take('error');

  #take(level: string) {
    return (facts: object, message: string): void => {
      this.lines.push({ level, facts: facts as Record<string, unknown>, message });
    };
  }
}

export interface Answer<Item = Record<string, unknown>> extends AnswerEnd {
  head: AnswerHead;
  items: Item[];
}

/** Takes an answer as a caller would, and complains about what may never happen. */
class Collector implements AnswerSink {
  readonly items: object[] = [];
  readonly head: AnswerHead;
  readonly ended: Promise<Answer>;
  #resolve!: (answer: Answer) => void;
  #isEnded = false;
  readonly #room: (() => Promise<void>) | undefined;

  constructor(head: AnswerHead, room?: () => Promise<void>) {
    this.head = head;
    this.#room = room;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  item(item: object): Promise<void> | undefined {
    if (this.#isEnded) violations.push('an item came after the end of its answer');
    this.items.push(item);
    return this.#room?.();
  }

  flush(): Promise<void> | undefined {
    return this.#room?.();
  }

  watch(): void {
    // Its caller is always there.
  }

  async end(end: AnswerEnd): Promise<void> {
    if (this.#isEnded) violations.push('an answer was ended twice');
    this.#isEnded = true;
    this.#resolve({ ...end, head: this.head, items: JSON.parse(JSON.stringify(this.items)) as Answer['items'] });
  }
}

/** What no driver may do, over all tests of a file. */
export const violations: string[] = [];

export const limits: DriverLimits = {
  itemsPerRequest: 5000,
  samplesPerItem: 1_000_000,
  plottedRawSamples: 500_000,
  rangeDays: 3660,
  searchLimit: 10_000,
  requestBytes: 1024 * 1024,
  defaultTimeoutMs: 30_000,
  maxTimeoutMs: 300_000,
  concurrentRequests: 256,
  maxLeaseMs: 600_000,
  maxLeases: 1000,
  maxLeasedItems: 50_000,
};

export interface TestDriverOptions extends Partial<Pick<HostOptions, 'concurrency' | 'queueLimit'>> {
  limits?: Partial<DriverLimits>;
  /** The clock of the driver. */
  now?: () => Nanoseconds;
  /** Resolves when the receiver of answers has room. */
  room?: () => Promise<void>;
  audit?: DriverOptions['audit'];
}

/** @param sources given hosts have limits of their own */
export function testDriver(sources: readonly Source[] | Hosts, options: TestDriverOptions = {}) {
  const { concurrency = 8, queueLimit = 10_000, room, now = () => parseInstant(NOW) ?? 0n } = options;
  const requests = options.limits?.concurrentRequests ?? limits.concurrentRequests;
  const log = new TestLog();
  const driverOptions: DriverOptions = {
    hosts:
      sources instanceof Hosts
        ? sources
        : new Hosts(sources.map((one) => ({ source: one, concurrency, queueLimit, requests }))),
    limits: { ...limits, ...options.limits },
    facts: { version: '1.2.3', instance: 'test-1', started: NOW },
    log,
    audit: options.audit,
    now,
  };
  const driver = new Driver(driverOptions);
  const opened: AnswerHead[] = [];

  const send = (data: Uint8Array, hasReply = true, reply = 'answers.1'): Promise<Answer> => {
    let sink: Collector | undefined;
    const incoming: IncomingRequest = {
      data,
      hasReply,
      reply,
      replyProblem: () => undefined,
      answer: (head) => {
        opened.push(head);
        sink = new Collector(head, room);
        return sink;
      },
    };
    return driver.handle(incoming).then(() => {
      if (!sink) throw new Error('the request got no answer');
      return sink.ended;
    });
  };
  const ask = (name: string, params?: object, envelope: object = {}): Promise<Answer> =>
    send(Buffer.from(JSON.stringify({ function: name, ...(params ? { params } : {}), ...envelope })));
  /** As the caller with this reply subject. */
  const askAs = (reply: string, name: string, params?: object, envelope: object = {}): Promise<Answer> =>
    send(Buffer.from(JSON.stringify({ function: name, ...(params ? { params } : {}), ...envelope })), true, reply);
  return { driver, log, opened, send, ask, askAs };
}

export const fqn = (host: string, kind: FqnKind, id: string): string => formatFqn({ scheme: 'seeq', host, kind, id });

/** Something that a test opens when its time has come. */
export function latch(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    opened: promise,
    open: () => {
      resolve(undefined);
    },
  };
}

/** Follows the cursors of an answer to the end. */
export async function allPages(ask: (cursor: string | undefined) => Promise<Answer>, most = 2000): Promise<Answer[]> {
  const pages: Answer[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    pages.push(page);
    cursor = page.meta.cursor;
    if (pages.length > most) throw new Error('the pages do not end');
  } while (cursor !== undefined);
  return pages;
}
