import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants as modes, existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { constants } from 'node:os';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';

/** Something that the person at the machine must mend; the message is all they need. */
export class SetupError extends Error {}

/** The set-up was ended by a signal. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`ended by ${signal}; the next run continues`);
    this.signal = signal;
  }
}

/** The signals that end a set-up, and that a command gets handed on. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** One plain line of what happens. On standard error, so that a command's output stays its own. */
export function say(text) {
  console.error(`set-up: ${text}`);
}

/** A process' exit code as a shell gives it: 128 + n when signal n ended it. */
export function exitCodeOf(code, signal) {
  return signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
}

const children = new Set();
let interruptedBy;

/** From now on a signal ends the program that is running, and with it the set-up. Returns how to stop that. */
export function onInterrupt() {
  const interrupt = (signal) => {
    if (interruptedBy !== undefined) return;
    interruptedBy = signal;
    for (const { child, whole } of children) {
      if (whole) continue;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 2000).unref();
    }
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return () => {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
}

/** Throws where a signal has ended the set-up. */
export function throwIfInterrupted() {
  if (interruptedBy !== undefined) throw new Interrupted(interruptedBy);
}

/**
 * Runs a program to its end without input and keeps what it prints. A program that cannot be started has code -1.
 *
 * @param options.doing what to report every few seconds while it runs; a function is given the output so far
 * @param options.limit milliseconds after which it is ended
 * @param options.whole it is not ended by a signal: stopped half way it would leave the machine in disorder
 */
export async function quiet(file, args, { doing, limit, whole = false, ...options } = {}) {
  throwIfInterrupted();
  const [program, ...rest] = whole ? [file, ...args] : tied([file, ...args], 'KILL');
  const child = spawn(program, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const entry = { child, whole };
  children.add(entry);
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-200_000);
  };
  const stopReports =
    doing === undefined ? undefined : report(() => (typeof doing === 'string' ? doing : doing(output)));
  const timer = limit === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limit);
  const code = await new Promise((done) => {
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      keep(error.message);
      done(-1);
    });
    child.on('close', (code) => done(code ?? -1));
  });
  stopReports?.();
  clearTimeout(timer);
  children.delete(entry);
  throwIfInterrupted();
  return { code, output };
}

/** Prints what is going on and for how long, every few seconds. */
function report(text) {
  const began = Date.now();
  const timer = setInterval(() => say(`${text()} (${Math.round((Date.now() - began) / 1000)} s)`), 5000);
  return () => clearInterval(timer);
}

let canTie;

/**
 * The command, so started that it gets a signal when this process ends, however that ends. Linux' setpriv replaces
 * itself by the command; elsewhere the command is as it was. npm answers SIGTERM only after what it waits for.
 */
export function tied(command, signal = 'TERM') {
  canTie ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true'], { stdio: 'ignore' }).status === 0;
  return canTie ? ['setpriv', '--pdeathsig', signal, '--', ...command] : command;
}

export function isExecutable(file) {
  try {
    accessSync(file, modes.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether files can be made in the folder, or where it does not exist, the folder itself. */
export function isWritable(folder) {
  let existing = folder;
  while (!existsSync(existing) && existing.includes('/'))
    existing = existing.slice(0, existing.lastIndexOf('/')) || '/';
  try {
    // Tried, since root may do everything by its rights, but not on a file system that is read-only.
    rmdirSync(mkdtempSync(`${existing}/.writable-`));
    return true;
  } catch {
    return false;
  }
}

/** The last lines of what a program printed, indented under a message. */
export function tail(output, lines = 15) {
  return output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `\n    ${line}`)
    .join('');
}
