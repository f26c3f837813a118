/**
 * The newest problems in the log, grouped: for people who look at a running driver. It has what the log has, so it
 * contains no secret. Its size is bounded.
 */

/** Equal warnings or errors. */
export interface Problem {
  readonly level: 'error' | 'warn';
  /** Of the newest one. */
  readonly message: string;
  readonly count: number;
  /** Times of the first and of the newest one, ISO 8601 UTC. */
  readonly first: string;
  readonly last: string;
  /** Further facts of the newest one, as text. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Groups that are kept. */
const MOST_GROUPS = 50;
const LONGEST_MESSAGE = 1000;
const MOST_FACTS = 8;
const LONGEST_FACT = 200;
/** Members of a line that are no facts about the problem. */
const HEAD = new Set(['level', 'time', 'msg', 'driverid', 'instance']);

export class RecentProblems {
  /** By group; the oldest first. */
  readonly #groups = new Map<string, Problem>();

  /** The groups, the newest first. */
  get all(): readonly Problem[] {
    return [...this.#groups.values()].reverse();
  }

  /** Reads a log line as written. Never throws. */
  readonly write = (line: string): void => {
    // The level is the first member of a line; most lines end here.
    if (!line.startsWith('{"level":"warn"') && !line.startsWith('{"level":"error"')) return;
    try {
      this.#add(JSON.parse(line) as Readonly<Record<string, unknown>>);
    } catch {
      // Not a line of the driver.
    }
  };

  #add(line: Readonly<Record<string, unknown>>): void {
    const { level, time, msg } = line;
    if ((level !== 'warn' && level !== 'error') || typeof time !== 'string' || typeof msg !== 'string') return;
    const message = cut(msg, LONGEST_MESSAGE);
    const key = `${level} ${groupOf(message)}`;
    const known = this.#groups.get(key);
    this.#groups.delete(key);
    this.#groups.set(key, {
      ...{ level, message },
      count: (known?.count ?? 0) + countOf(line),
      first: known?.first ?? time,
      last: time,
      facts: Object.entries(line)
        .filter(([name]) => !HEAD.has(name))
        .slice(0, MOST_FACTS)
        .map(([name, value]) => [cut(name, LONGEST_FACT), cut(textOf(value), LONGEST_FACT)]),
    });
    const [oldest] = this.#groups.keys();
    if (this.#groups.size > MOST_GROUPS && oldest !== undefined) this.#groups.delete(oldest);
  }
}

/** Messages that differ in numbers alone are equal: ports, durations and counts change with each attempt. */
const groupOf = (message: string): string => message.replace(/\d+/g, '0');

/** A line may stand for several that were left out. */
function countOf({ leftOut }: Readonly<Record<string, unknown>>): number {
  return typeof leftOut === 'number' && Number.isSafeInteger(leftOut) && leftOut > 0 ? leftOut : 1;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message } = (typeof value === 'object' && value !== null ? value : {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`;
