/** The logging interface of all modules, and the rate limit for lines that external input causes. */

/** Compatible with pino's logger. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  /** Information that is logged at every log level, such as the start of the driver. */
  notice(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

type Severity = 'info' | 'notice' | 'warn' | 'error';

const WEIGHT: Record<Severity, number> = { info: 0, notice: 1, warn: 2, error: 3 };
/** Lines of one kind per window. After that only their count is logged, once per window. */
const BURST = 10;
const WINDOW_MS = 60_000;
/** Kinds are constants of the code and names of the configuration. Beyond this number the rest shares one limit. */
const MOST_KINDS = 500;
const OTHER = 'other lines';
const LONGEST_EXAMPLE = 500;

interface Kind {
  written: number;
  leftOut: number;
  level: Severity;
  example: string;
}

/**
 * Logs lines that a caller, a device, a server or a broker can cause at any rate: the first ones of each kind, and then
 * once a minute the number of suppressed lines.
 */
export class LimitedLog {
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | undefined;
  #leftOut = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Lines suppressed since the start. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param kind what the lines have in common; never contains external input */
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

  /** Logs the number of suppressed lines now, and starts a new window. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [name, kind] of this.#kinds) {
      const { leftOut, level, example } = kind;
      if (leftOut === 0) {
        this.#kinds.delete(name);
        continue;
      }
      // While there are too many lines, each window has only this one.
      Object.assign(kind, { written: BURST, leftOut: 0, level: 'info' });
      this.#logger[level]({ kind: name, leftOut }, `Log lines left out: ${leftOut}, of which the last is: ${example}`);
    }
    if (this.#kinds.size > 0) this.#arrange();
  }

  #write(level: Severity, name: string, facts: object, message: string): void {
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

/** The same instance for the same logger, so that a limit applies to the process and not to a single object. */
export function limited(logger: Logger): LimitedLog {
  let log = limits.get(logger);
  if (log === undefined) {
    log = new LimitedLog(logger);
    limits.set(logger, log);
  }
  return log;
}
