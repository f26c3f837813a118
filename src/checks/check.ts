/**
 * What the connection tests of all rooms share: a group of parts that are checked in order, each with a time limit. The
 * tests live beside the code that connects, and use it.
 */
import type { CheckedPart } from './result.ts';

/** The parts of one server, broker or listener, checked in order. */
export interface CheckGroup {
  readonly kind: string;
  /** Address or configured name, without secrets. */
  readonly name: string;
  /** Reports each part. What it throws is the failure of the part under way. */
  run(parts: PartsReport): Promise<void>;
}

/** Cause and remedy of a part that is not well. */
export interface PartProblem {
  readonly message: string;
  /** Code of the cause. */
  readonly reason?: string | undefined;
  readonly item?: string | undefined;
}

export interface PartLimits {
  /** Time limit of a part, in milliseconds. */
  readonly limitMs: number;
  /** Aborted at the limit of the whole check. */
  readonly signal: AbortSignal;
}

/** A part had no result within its time. */
export class PartTimeout extends Error {
  override readonly name = 'PartTimeout';
  readonly code = 'timeout';
}

/** The parts of one group, in the order in which they are reported. */
export class PartsReport {
  readonly parts: CheckedPart[];
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly #prefix: string;

  /** @param prefix begins the name of every part */
  constructor({ limitMs, signal }: PartLimits, prefix = '', parts: CheckedPart[] = []) {
    this.limitMs = limitMs;
    this.signal = signal;
    this.parts = parts;
    this.#prefix = prefix;
  }

  /** The same report for a component, whose name begins the names of its parts. */
  of(component: string): PartsReport {
    return new PartsReport(this, `${this.#prefix}${component} `, this.parts);
  }

  ok(part: string, facts?: string, item?: string): void {
    this.#add({ part, ...given({ item }), mark: 'ok', ...given({ facts }) });
  }

  warning(part: string, { message, reason, item }: PartProblem, facts?: string): void {
    this.#add({ part, ...given({ item }), mark: 'warning', ...given({ facts, reason }), message });
  }

  failed(part: string, { message, reason, item }: PartProblem): void {
    this.#add({ part, ...given({ item }), mark: 'failed', ...given({ reason }), message });
  }

  notTried(part: string, message: string, item?: string): void {
    this.#add({ part, ...given({ item }), mark: 'not tried', message });
  }

  /** Those after a part that failed: they need it. */
  notTriedAfter(failed: string, parts: readonly string[]): void {
    for (const part of parts) this.notTried(part, `It needs the part "${this.#prefix}${failed}".`);
  }

  #add({ part, ...rest }: CheckedPart): void {
    this.parts.push({ part: `${this.#prefix}${part}`, ...rest });
  }

  /**
   * Gives a piece of work the time of one part.
   * @param work must end soon after its signal; if it does not, it is no longer waited for
   * @throws PartTimeout
   */
  async within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const end = (message: string): void => {
      const reason = new PartTimeout(message);
      reject(reason);
      ending.abort(reason);
    };
    const timer = setTimeout(end, this.limitMs, tooSlow(`${this.limitMs} ms`));
    const whole = (): void => {
      end(tooSlow('the time of the whole check'));
    };
    this.signal.addEventListener('abort', whole, { once: true });
    if (this.signal.aborted) whole();
    promise.catch(() => undefined);
    try {
      return await Promise.race([promise, work(ending.signal)]);
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', whole);
    }
  }
}

const tooSlow = (time: string): string =>
  `There was no result within ${time}. Check the network and the load of the other side, or give more time (--timeout).`;

/** Only the members that have a value. */
function given<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

/** The message and code of what a part threw. */
export function problemOf(error: unknown): PartProblem {
  const { code } = error as { code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return { message, reason: typeof code === 'string' ? code : undefined };
}
