/** What the rooms need of a log, and the bound on lines that somebody outside can cause. */

/** pino's shape, so that its logger fits. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  /** Information that is logged at every level of the log, such as the start of the driver. */
  notice(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

type Level = 'info' | 'notice' | 'warn' | 'error';

const WEIGHT: Record<Level, number> = { info: 0, notice: 1, warn: 2, error: 3 };
/** Lines of one kind that are written in one window; after that only their number, once a window. */
const BURST = 10;
const WINDOW_MS = 60_000;
/** Kinds are texts of the code and names of the configuration; should they ever be more, the rest shares one bound. */
const MOST_KINDS = 500;
const OTHER = 'other lines';
const LONGEST_EXAMPLE = 500;

interface Kind {
  written: number;
  leftOut: number;
  level: Level;
  example: string;
}

/**
 * Writes lines that a caller, a device, a server or a broker can cause as often as it likes: the first ones of each
 * kind, and then once a minute how many were left out.
 */
export class LimitedLog {
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | undefined;
  #leftOut = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Lines left out since the start. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param kind what lines have in common; never holds anything that somebody outside chooses */
  info(kind: string, facts: object, message: string): void {
    this.#write('info', kind, facts, message);
  }

  notice(kind: string, facts: object, message: string): void {
    this.#write('notice', kind, facts, message);
  }

  warn(kind: string, facts: object, message: string): void {
    this.#write('warn', kind, facts, message);
  }

  error(kind: string, facts: object, message: string): void {
    this.#write('error', kind, facts, message);
  }

  /** Writes now what was left out, and begins a new window. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [name, kind] of this.#kinds) {
      const { leftOut, level, example } = kind;
      if (leftOut === 0) {
        this.#kinds.delete(name);
        continue;
      }
      // As long as there are too many, each window has this one line.
      Object.assign(kind, { written: BURST, leftOut: 0, level: 'info' });
      this.#logger[level]({ kind: name, leftOut }, `Log lines left out: ${leftOut}, of which the last is: ${example}`);
    }
    if (this.#kinds.size > 0) this.#arrange();
  }

  #write(level: Level, name: string, facts: object, message: string): void {
    const kind = this.#kind(name);
    if (kind.written < BURST) {
      kind.written++;
      this.#logger[level](facts, message);
      return;
    }
    this.#leftOut++;
    kind.leftOut++;
    if (WEIGHT[level] > WEIGHT[kind.level]) kind.level = level;
    kind.example =
      message.length > LONGEST_EXAMPLE ? `${message.slice(0, LONGEST_EXAMPLE).toWellFormed()}...` : message;
  }

  #kind(name: string): Kind {
    const key = this.#kinds.has(name) || this.#kinds.size < MOST_KINDS ? name : OTHER;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { written: 0, leftOut: 0, level: 'info', example: '' };
      this.#kinds.set(key, kind);
      this.#arrange();
    }
    return kind;
  }

  #arrange(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.flush();
    }, WINDOW_MS);
    this.#timer.unref();
  }
}

const limits = new WeakMap<Logger, LimitedLog>();

/** The same for the same logger, so that a bound holds for the process and not for one object of it. */
export function limited(logger: Logger): LimitedLog {
  let log = limits.get(logger);
  if (log === undefined) {
    log = new LimitedLog(logger);
    limits.set(logger, log);
  }
  return log;
}
