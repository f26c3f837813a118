import { once } from 'node:events';

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
  /** A server is not up, or the driver is not well. */
  serverDown: 4,
  /** A name is ambiguous, or nothing has it. No values were read. */
  name: 5,
} as const;

/** What each code means, for the help. docs/commands.md has the whole table. */
export const exitCodeHelp = `Exit codes:
  0    success
  1    failure: no connection, no answer, or an answer that is an error
  2    the command line or the configuration is wrong; nothing was tried
  3    the answer is partial: some items carry an error
  4    a server is not up (call hosts), or the driver is not well (health)
  5    a name of a tag, an asset or a condition is ambiguous or not found
  141  standard output was closed`;

/** The exit code of a command whose standard output was closed, as after SIGPIPE: 128 and the signal's number. */
const CLOSED_OUTPUT = 141;

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Size of a terminal in characters. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** The input and output of a command. Tests replace it. */
export interface Terminal {
  /** Writes a line of the result. */
  readonly out: (line: string) => void;
  /** Writes a line about progress, warnings and failures. */
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the reader of the result has closed the pipe. */
  readonly closed?: AbortSignal | undefined;
  /** Resolves when the reader of the result keeps up. Undefined if it does. */
  readonly drained?: () => Promise<void> | undefined;
  /** The screen that shows the result. Undefined if the result goes into a file or a pipe. */
  readonly screen?: Screen | undefined;
  /** Shows progress in place of the previous one. An empty text removes it. Absent unless a person can see it. */
  readonly progress?: ((text: string) => void) | undefined;
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
  const { stdout, stderr } = process;
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write(CLEAR_LINE);
    shown = false;
  };
  return {
    out: (line) => {
      if (closed.signal.aborted) return;
      clear();
      stdout.write(`${line}\n`);
    },
    err: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    env: process.env,
    closed: closed.signal,
    drained: () => (stdout.writableNeedDrain && !closed.signal.aborted ? drained(closed.signal) : undefined),
    // A terminal without a size, as of some build servers, is none to draw on.
    screen: stdout.isTTY && stdout.columns > 0 ? { columns: stdout.columns, rows: stdout.rows } : undefined,
    progress: stderr.isTTY
      ? (text) => {
          clear();
          shown = text !== '';
          if (shown) stderr.write(text.slice(0, stderr.columns - 1));
        }
      : undefined,
  };
}

/** Moves to the first column and erases the line. */
const CLEAR_LINE = '\r\u001b[K';

/** Resolves when standard output has room, or is closed. */
async function drained(closed: AbortSignal): Promise<void> {
  try {
    await once(process.stdout, 'drain', { signal: closed });
  } catch {
    // Closed, or broken: the listener of the stream reports that.
  }
}
