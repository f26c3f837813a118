/** The exit codes of every command. */
export const exitCodes = {
  /** The command succeeded. */
  ok: 0,
  /** The command ran and failed, for example because the bus is unreachable. */
  failure: 1,
  /** The command line or the configuration is invalid. Nothing was tried. */
  usage: 2,
  /** The answer is partial: some items carry an error. */
  partial: 3,
  /** Function `hosts` answered, and at least one server is not up. */
  serverDown: 4,
} as const;

/** The exit code of a command whose standard output was closed, as after SIGPIPE: 128 and the signal's number. */
const CLOSED_OUTPUT = 141;

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The input and output of a command. Tests replace it. */
export interface Terminal {
  /** Writes a line of the result. */
  readonly out: (line: string) => void;
  /** Writes a line about progress, warnings and failures. */
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the reader of the result has closed the pipe. */
  readonly closed?: AbortSignal | undefined;
  /** Piped input of a command. Default: the standard input of the process. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/**
 * The terminal of this process. When the reader closes the pipe, the command ends quietly: Node ignores SIGPIPE, and a
 * stream error without a listener ends the process with a stack trace. Call it once.
 */
export function openProcessTerminal(): Terminal {
  const closed = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (closed.signal.aborted) return;
    // A full disk is a failure, unlike a closed pipe.
    const code = error.code === 'EPIPE' ? CLOSED_OUTPUT : exitCodes.failure;
    if (error.code !== 'EPIPE') process.stderr.write(`iota-seeqdrv: the output cannot be written: ${error.message}\n`);
    process.on('exit', () => {
      process.exitCode = code;
    });
    closed.abort();
  });
  // A line for standard error is lost. The command continues.
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
