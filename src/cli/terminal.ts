/** The exit codes of every command. */
export const exitCodes = {
  /** It did what it was asked. */
  ok: 0,
  /** It ran and failed, for example because the bus could not be reached. */
  failure: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** The answer is partial: some items carry an error. */
  partial: 3,
  /** Function `hosts` answered, and at least one server is not up. */
  serverDown: 4,
} as const;

/** The exit code of a command whose standard output was closed, as of one that SIGPIPE ends: 128 and the signal's number. */
const CLOSED_OUTPUT = 141;

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Where a command reads and writes, so that a test can look on. */
export interface Terminal {
  /** Writes a line of the result, for people and for pipes. */
  readonly out: (line: string) => void;
  /** Writes a line about what happens: progress, warnings, failures. */
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when nobody reads the result any more, because a pipe was closed. */
  readonly closed?: AbortSignal | undefined;
  /** Where a command reads what is piped into it. Default: the standard input of the process. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/**
 * The terminal of this process. A pipe that its reader closes ends the command quietly: Node ignores SIGPIPE, and an
 * error of a stream that nobody listens for would end the process with a stack. Call it once.
 */
export function openProcessTerminal(): Terminal {
  const closed = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (closed.signal.aborted) return;
    // A full disk is no reader that has seen enough.
    const code = error.code === 'EPIPE' ? CLOSED_OUTPUT : exitCodes.failure;
    if (error.code !== 'EPIPE') process.stderr.write(`iota-seeqdrv: the output cannot be written: ${error.message}\n`);
    process.on('exit', () => {
      process.exitCode = code;
    });
    closed.abort();
  });
  // What is reported there is lost; the command itself is not.
  process.stderr.on('error', () => undefined);
  return {
    out: (line) => {
      if (!closed.signal.aborted) process.stdout.write(`${line}\n`);
    },
    err: (line) => {
      process.stderr.write(`${line}\n`);
    },
    env: process.env,
    closed: closed.signal,
  };
}
