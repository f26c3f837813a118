/**
 * Sends mixed requests to two replicas while servers and replicas are broken in turn, and keeps book: one final answer
 * to each request, and in it nothing wrong and nothing silently missing.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Msg } from 'nats';
import type { Answer } from '../../src/client/answer.ts';
import { NoResponse } from '../../src/client/request.ts';
import { REQUEST_TOPIC } from '../support/cluster.ts';
import { Random } from '../support/random.ts';
import { type Fault, faults } from './faults.ts';
import { Harness } from './harness.ts';
import { type Counts, Ledger } from './ledger.ts';
import { type Question, questionsFor } from './requests.ts';

export interface ChaosOptions {
  /** Requests in all, spread evenly over the faults. */
  readonly requests: number;
  /** Requests under way at once. */
  readonly atOnce: number;
  /** Decides the order of faults, and which request comes when. */
  readonly seed: number;
  /** Gets a line for each step. */
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly counts: Counts;
  readonly codes: ReadonlyMap<string, number>;
  readonly repeatedMessages: number;
  readonly faults: number;
  /** What must not be; empty when the driver kept its promise. */
  readonly violations: readonly string[];
  readonly violated: number;
}

/** Callers with a connection each. */
const CALLERS = 4;
const SHORTEST_BUDGET_MS = 1000;
const LONGEST_BUDGET_MS = 4000;
/** What a request may take beyond its budget before its place is given to another one; its answer still counts. */
const GRACE_MS = 2000;
const UNHEARD_PAUSE_MS = 50;
const RECOVERY_PAUSE_MS = 200;
/** Requests without an answer are given up so long after the last fault; only what hangs needs it. */
const LAST_ANSWERS_MS = 60_000;

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const harness = await Harness.start(CALLERS);
  try {
    return await new Run(harness, options).run();
  } finally {
    await harness.stop();
  }
}

class Run {
  readonly #harness: Harness;
  readonly #options: ChaosOptions;
  readonly #ledger = new Ledger();
  readonly #inbox = `_INBOX.${randomUUID().replaceAll('-', '')}`;
  readonly #random: Random;
  #questions: Question[] = [];
  #ended = 0;
  #waiting: (() => boolean)[] = [];
  #begun = 0;
  #stopped = false;

  constructor(harness: Harness, options: ChaosOptions) {
    this.#harness = harness;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<ChaosResult> {
    const { say, requests, atOnce, seed } = this.#options;
    await this.#learn();
    for (const [n, nc] of this.#harness.callers.entries()) {
      nc.subscribe(`${this.#inbox}${n}.*`, {
        callback: (error, message) => {
          if (error === null) this.#take(message);
        },
      });
    }
    const order = shuffled(faults, seed);
    const workers = Array.from({ length: atOnce }, (_, n) => this.#work(n));
    const share = Math.ceil(requests / order.length);
    for (const fault of order) {
      await this.#fault(fault, share);
      say(`${this.#ended} requests ended after: ${fault.name}`);
    }
    this.#stopped = true;
    await Promise.all(workers);
    await this.#recovered();
    const answered = this.#answered();
    await this.#lastAnswers(answered);
    const counts = this.#ledger.settle(answered);
    const { codes, repeated, violations, violated } = this.#ledger;
    return { counts, codes, repeatedMessages: repeated.messages, faults: order.length, violations, violated };
  }

  /** A fault lasts for a part of its share of the requests, and for three of them where it has three steps. */
  async #fault(fault: Fault, share: number): Promise<void> {
    const until = this.#ended + share;
    const part = Math.ceil(share / 4);
    await fault.run({ harness: this.#harness, ledger: this.#ledger, meanwhile: () => this.#more(part) });
    await this.#more(Math.max(1, until - this.#ended));
  }

  /** Asks every question in quiet times; all must be answered. */
  async #learn(): Promise<void> {
    const plant = (name: 'plant-a' | 'plant-b') => this.#harness.plant(name).control.plant();
    this.#questions = questionsFor({ 'plant-a': await plant('plant-a'), 'plant-b': await plant('plant-b') });
    for (const question of this.#questions) {
      const { status, error, items } = await this.#ask(question);
      if (status === 'error' || items.length === 0)
        throw new Error(`${JSON.stringify(question.request)} has no answer in quiet times: ${JSON.stringify(error)}`);
      this.#ledger.right(question, status, items);
    }
    this.#options.say(`${this.#questions.length} questions, each answered in quiet times`);
  }

  /** After the last fault every question is answered again; a server that was taken for down may need a moment. */
  async #recovered(): Promise<void> {
    for (const question of this.#questions) {
      while ((await this.#ask(question)).status !== this.#ledger.statusOf(question))
        await new Promise((resolve) => setTimeout(resolve, RECOVERY_PAUSE_MS));
    }
  }

  /** Asks when nothing is broken; a replica may have its connection a moment before it listens. */
  async #ask({ request }: Question): Promise<Answer> {
    for (;;) {
      try {
        return await this.#harness.cluster.ask(request);
      } catch (error) {
        if (!(error instanceof NoResponse)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECOVERY_PAUSE_MS));
      }
    }
  }

  /** Keeps one request under way until the run stops. */
  async #work(worker: number): Promise<void> {
    const caller = worker % this.#harness.callers.length;
    const nc = this.#harness.callers[caller];
    while (!this.#stopped) {
      const question = this.#random.pick(this.#questions);
      if (nc === undefined) throw new Error('There is no caller.');
      const id = `r${this.#begun++}`;
      const timeoutMs = SHORTEST_BUDGET_MS + this.#random.below(LONGEST_BUDGET_MS - SHORTEST_BUDGET_MS);
      this.#ledger.sent(id, question);
      nc.publish(REQUEST_TOPIC, JSON.stringify({ ...question.request, id, timeoutMs }), {
        reply: `${this.#inbox}${caller}.${id}`,
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs + GRACE_MS)));
      await this.#ledger.closed(id, late);
      clearTimeout(timer);
      if (this.#ledger.wasUnheard(id)) {
        // Such a request ends at once; without a pause they would use up the run while no replica listens.
        await new Promise((resolve) => setTimeout(resolve, UNHEARD_PAUSE_MS));
        continue;
      }
      this.#ended++;
      this.#waiting = this.#waiting.filter((reached) => !reached());
    }
  }

  #take(message: Msg): void {
    const id = message.subject.split('.').at(-1) ?? '';
    if (message.headers?.code === 503 && message.data.length === 0) this.#ledger.nobody(id);
    else this.#ledger.received(id, message.data);
  }

  #more(requests: number): Promise<void> {
    const wanted = this.#ended + requests;
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        if (this.#ended >= wanted) resolve();
        return this.#ended >= wanted;
      });
    });
  }

  /** Answers that come late, such as those of a replica that was frozen, still count. */
  async #lastAnswers(answered: ReadonlySet<string>): Promise<void> {
    const until = Date.now() + LAST_ANSWERS_MS;
    const late = new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS).unref());
    for (const id of this.#ledger.due(answered)) if (Date.now() < until) await this.#ledger.closed(id, late);
  }

  /** Ids of the requests that some replica says it has answered. */
  #answered(): Set<string> {
    const lines = this.#harness.replicas.flatMap(({ lives }) => lives.flatMap(({ log }) => log));
    return new Set(lines.flatMap(({ msg, id }) => (msg === 'request answered' ? [String(id)] : [])));
  }
}

/** A fixed order for each seed. */
function shuffled<T>(things: readonly T[], seed: number): T[] {
  const order = fc.shuffledSubarray([...things], { minLength: things.length });
  return fc.sample(order, { seed, numRuns: 1 })[0] ?? [];
}
