/** The exit codes of every command. */
export const exitCodes = {
  /** It did what it was asked. */
  ok: 0,
  /** It ran and failed, for example because the bus could not be reached. */
  failure: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
} as const;

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Where a command reads and writes, so that a test can look on. */
export interface Terminal {
  /** Writes a line of the result, for people and for pipes. */
  readonly out: (line: string) => void;
  /** Writes a line about what happens: progress, warnings, failures. */
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a command reads what is piped into it. Default: the standard input of the process. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (line) => {
    process.stdout.write(`${line}\n`);
  },
  err: (line) => {
    process.stderr.write(`${line}\n`);
  },
  env: process.env,
};
