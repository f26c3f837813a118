/** The book of all requests: what was sent, what came, and what is wrong with it. */
import { createHash } from 'node:crypto';
import { joinSeries } from '../../src/client/answer.ts';
import { answerSchema, type AnswerMessage, type AnswerStatus, type FailedItem } from '../../src/contract/answer.ts';
import type { Question } from './requests.ts';

interface Entry {
  readonly question: Question;
  /** Digest of each message by its `seq`. */
  readonly messages: Map<number, string>;
  readonly items: object[];
  final: AnswerMessage | undefined;
  /** The server said that no replica listened, so none ever held the request. */
  nobody: boolean;
  /** Why it may stay without an answer: what happened to the replica, or to its way to the bus, while it was under way. */
  excuse: Excuse | undefined;
}

/**
 * `killed`: a replica was killed with what it held. `cut`: a way to the bus was cut, with what was on it and had not yet
 * reached the replica.
 */
export type Excuse = 'killed' | 'cut';

/** Codes that a request may fail with when something is broken; any other one is a fault of the driver. */
const PASSING = new Set(['sourceUnavailable', 'sourceError', 'timeout', 'overloaded', 'unauthorized']);
/** Violations that are kept; the rest is counted. */
const MOST_VIOLATIONS = 50;

export interface Counts {
  sent: number;
  ok: number;
  partial: number;
  error: number;
  nobody: number;
  killed: number;
  cut: number;
}

export class Ledger {
  /** What must not be: each line names a request. */
  readonly violations: string[] = [];
  readonly codes = new Map<string, number>();
  readonly repeated = { messages: 0 };
  #violated = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Set<string>();
  /** The right answer to each question, as it was in quiet times. */
  readonly #right = new Map<Question, { status: AnswerStatus; items: Map<string, string> }>();
  readonly #waiting = new Map<string, () => void>();

  /** Notes the answer of quiet times. */
  right(question: Question, status: AnswerStatus, items: readonly object[]): void {
    this.#right.set(question, { status, items: byIdentity(items) });
  }

  /** The status of the answer in quiet times. */
  statusOf(question: Question): AnswerStatus | undefined {
    return this.#right.get(question)?.status;
  }

  sent(id: string, question: Question): void {
    this.#entries.set(id, {
      question,
      messages: new Map(),
      items: [],
      final: undefined,
      nobody: false,
      excuse: undefined,
    });
    this.#open.add(id);
  }

  /** Requests whose final answer must still come; `answered` are ids that a replica says it has answered. */
  due(answered: ReadonlySet<string>): readonly string[] {
    return [...this.#open].filter((id) => {
      const excuse = this.#entries.get(id)?.excuse;
      return excuse === undefined || (excuse === 'cut' && answered.has(id));
    });
  }

  get violated(): number {
    return this.#violated;
  }

  /** Whether the server said that no replica listened. */
  wasUnheard(id: string): boolean {
    return this.#entries.get(id)?.nobody === true;
  }

  /** What is under way now may stay without an answer. */
  excuse(excuse: Excuse): void {
    for (const id of this.#open) {
      const entry = this.#entries.get(id);
      // A killed process is the better reason: it may have answered, and the answer died with it.
      if (entry !== undefined && entry.excuse !== 'killed') entry.excuse = excuse;
    }
  }

  nobody(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (entry.messages.size > 0) this.#violation(id, 'the server says that nobody listens, though an answer has begun');
    entry.nobody = true;
    this.#close(id);
  }

  received(id: string, data: Uint8Array): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#violation(id, 'an answer to a request that was never sent');
      return;
    }
    let message: AnswerMessage;
    try {
      message = answerSchema.parse(JSON.parse(Buffer.from(data).toString()));
    } catch (error) {
      this.#violation(id, `a message that is none of the contract: ${String(error).slice(0, 200)}`);
      return;
    }
    const digest = createHash('sha256').update(data).digest('base64');
    const before = entry.messages.get(message.seq);
    if (before !== undefined) {
      // After a broken connection a message may come twice, in the same form.
      this.repeated.messages++;
      if (before !== digest) this.#violation(id, `message ${message.seq} came twice with different content`);
      return;
    }
    entry.messages.set(message.seq, digest);
    if (entry.final !== undefined) {
      this.#violation(id, `message ${message.seq} came after the final one, ${entry.final.seq}`);
      return;
    }
    if (message.seq !== entry.messages.size - 1) this.#violation(id, `message ${message.seq} came out of order`);
    for (const item of message.items) entry.items.push(item as object);
    if (!message.last) return;
    entry.final = message;
    this.#close(id);
    this.#judge(id, entry, message);
    // The contents are compared; only the counts stay in memory.
    entry.items.length = 0;
  }

  /** Resolves when this request is closed, or the other promise resolves. */
  closed(id: string, giveUp: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#open.has(id)) resolve();
      else this.#waiting.set(id, resolve);
      void giveUp.then(() => {
        resolve();
      });
    });
  }

  /** Requests that are still open at the end have no answer; `answered` are ids that a replica says it has answered. */
  settle(answered: ReadonlySet<string>): Counts {
    const counts: Counts = { sent: this.#entries.size, ok: 0, partial: 0, error: 0, nobody: 0, killed: 0, cut: 0 };
    for (const [id, { final, nobody, excuse }] of this.#entries) {
      if (final !== undefined) counts[final.status]++;
      else if (nobody) counts.nobody++;
      else if (excuse === 'killed') counts.killed++;
      else if (excuse === 'cut' && !answered.has(id)) counts.cut++;
      else this.#violation(id, answered.has(id) ? 'answered by a replica, and the answer was lost' : 'no answer');
    }
    return counts;
  }

  #judge(id: string, { question, items, messages }: Entry, final: AnswerMessage): void {
    if (messages.size !== final.seq + 1) this.#violation(id, `${messages.size} messages instead of ${final.seq + 1}`);
    if (final.meta === undefined) this.#violation(id, 'the final message has no "meta"');
    if (final.status === 'error') {
      this.#code(id, final.error?.code ?? 'none');
      return;
    }
    if (question.compare === 'status') return;
    const right = this.#right.get(question)?.items;
    if (right === undefined) throw new Error(`No right answer is known to ${JSON.stringify(question.request)}.`);
    const got = byIdentity(items);
    const failedHosts = new Set<string>();
    const failedItems = new Set<string>();
    const failedFqns = new Set<string>();
    for (const item of items) {
      if (!('error' in item)) continue;
      const { host, index, fqn, error } = item as FailedItem;
      // What does not exist does not exist in quiet times either.
      if (right.get(identityOf(item)) !== JSON.stringify(item)) this.#code(id, error.code);
      if (index !== undefined) failedItems.add(String(index));
      // Also of a condition, whose timeframes have no index.
      if (fqn !== undefined) failedFqns.add(fqn);
      if (index === undefined && fqn === undefined && host !== undefined) failedHosts.add(host);
    }
    if (final.status === 'ok' && failedHosts.size + failedItems.size + failedFqns.size > 0)
      this.#violation(id, 'ok, with failed items');
    for (const [identity, text] of got) {
      if ('error' in (JSON.parse(text) as object)) continue;
      const expected = right.get(identity);
      if (expected !== text) {
        this.#violation(id, `a wrong item: ${text.slice(0, 300)} instead of ${(expected ?? 'none').slice(0, 300)}`);
        return;
      }
    }
    for (const [identity, text] of right) {
      if (got.has(identity)) continue;
      const { fqn = '', condition = '' } = JSON.parse(text) as { fqn?: string; condition?: string };
      const excused =
        failedItems.has(identity.split(' ')[0] ?? '') ||
        failedFqns.has(fqn) ||
        failedFqns.has(condition) ||
        [...failedHosts].some((host) => fqn.startsWith(`seeq:${host}/`));
      if (!excused) {
        this.#violation(id, `${final.status}, and silently without ${text.slice(0, 300)}`);
        return;
      }
    }
  }

  #code(id: string, code: string): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    if (!PASSING.has(code)) this.#violation(id, `failed with ${code}`);
  }

  #violation(id: string, what: string): void {
    this.#violated++;
    const { request } = this.#entries.get(id)?.question ?? { request: undefined };
    const asked = request === undefined ? 'unknown' : JSON.stringify(request).slice(0, 200);
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(`${id}: ${what} (${asked})`);
  }

  #close(id: string): void {
    this.#open.delete(id);
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

/** Each item as text, by what tells it from the others; in no order, since items come as they are ready. */
function byIdentity(items: readonly object[]): Map<string, string> {
  return new Map(joinSeries(items).map((item) => [identityOf(item), JSON.stringify(item)]));
}

function identityOf(item: object): string {
  const { index, method, fqn, host } = item as { index?: number; method?: string; fqn?: string; host?: string };
  // An item that failed has no method, and counts for all of them.
  return index === undefined ? (fqn ?? host ?? JSON.stringify(item)) : `${index} ${method ?? ''}`;
}
