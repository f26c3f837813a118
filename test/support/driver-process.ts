/** The driver as its own process, as an operator runs it: a folder with a configuration and a key, and `run`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../../simulators/support/compile-cache.ts';
import { guard } from '../../simulators/support/reaper.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface DriverProcessOptions {
  /** Contents of `iota.seeqdrv.json`. */
  config: object;
  /** Contents of `privatekey.nk`. */
  seed: string;
  /** Further files beside them: secrets, certificates. */
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** Options for Node, for example a heap limit. */
  nodeOptions?: string[];
  /** A program that becomes Node, with its own arguments, for example one that lowers limits. */
  launcher?: [string, ...string[]];
}

/** One line of the driver's log. */
export interface LogLine {
  level?: string;
  msg?: string;
  [name: string]: unknown;
}

export interface DriverProcess {
  readonly pid: number;
  /** Where its configuration is, for further commands with `--config`. */
  readonly folder: string;
  readonly configFile: string;
  /** All of its log so far. */
  readonly log: readonly LogLine[];
  /** Has nobody read what it writes from now on, or somebody again. */
  readOutput(reads: boolean): void;
  /** Everything that it wrote, raw. */
  readonly output: () => string;
  /** Resolves with the first line, past or future, that fits; rejects when the process ends before. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Tells it to stop (or kills it), and resolves with its exit code; null after a kill. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

/** Starts the driver; resolves as soon as the process runs, not when it is ready. */
export function startDriver(options: DriverProcessOptions): DriverProcess {
  const folder = mkdtempSync(join(tmpdir(), 'iota-seeqdrv-'));
  const forgetFolder = guard({ folder });
  const configFile = join(folder, 'iota.seeqdrv.json');
  writeFileSync(configFile, JSON.stringify(options.config, undefined, 2));
  for (const [name, text] of Object.entries({ 'privatekey.nk': `${options.seed}\n`, ...options.files })) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  const [program, ...before] = [...(options.launcher ?? []), process.execPath];
  const args = [...before, ...(options.nodeOptions ?? []), MAIN, 'run', '--config', configFile];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a session of its own: Ctrl-C in a terminal is for its parent, which ends it in order.
    detached: true,
    env: { ...COMPILE_CACHE, ...process.env, ...options.env },
  });
  const forgetProcess = guard({ pid: child.pid });
  const exited = once(child, 'exit').then(([code]) => {
    forgetProcess();
    rmSync(folder, { recursive: true, force: true });
    forgetFolder();
    return code as number | null;
  });
  const reader = new LogReader(child, exited);
  return {
    pid: child.pid ?? 0,
    folder,
    configFile,
    log: reader.lines,
    readOutput: (reads) => {
      if (reads) child.stdout.resume();
      else child.stdout.pause();
    },
    output: () => reader.output,
    line: (fits) => reader.line(fits),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
    exited,
  };
}

/** Collects what the process writes and lets tests wait for a line instead of for a time. */
class LogReader {
  readonly lines: LogLine[] = [];
  output = '';
  readonly #waiting = new Set<(line: LogLine) => void>();
  readonly #exited: Promise<number | null>;

  constructor(child: ChildProcess, exited: Promise<number | null>) {
    this.#exited = exited;
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (text) => {
        this.#take(text);
      });
    }
  }

  line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const past = this.lines.find(fits);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const look = (line: LogLine): void => {
        if (!fits(line)) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
      void this.#exited.then((code) => {
        reject(new Error(`The driver ended with code ${code} before it logged the awaited line:\n${this.output}`));
      });
    });
  }

  #take(text: string): void {
    this.output += `${text}\n`;
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      line = { msg: text };
    }
    this.lines.push(line);
    for (const look of this.#waiting) look(line);
  }
}
