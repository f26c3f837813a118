/**
 * The flags of Node that a running driver needs. V8 takes the sizes of its heap only as it starts, so the process
 * replaces itself, under the same number, unless it was started with flags of its own.
 */
import { accessSync, constants } from 'node:fs';

/**
 * Megabytes of a semi-space, of which new objects have up to three. Measured by `npm run bench:memory`: in a small
 * container V8 takes 1, and answers that pass through are moved to the old space, which then is collected all the time;
 * with much memory V8 takes up to 64, which makes the process larger and nothing faster.
 */
export const SEMI_SPACE_MB = 16;

/** Whoever gives one of these has decided how much there is for new objects. V8 takes underscores, too. */
const DECIDED = /^--(?:(?:min|max)[-_]semi[-_]space[-_]size|max[-_]heap[-_]size)(?:=|$)/;

/** The flags to add to those that this process was started with. */
export function missingFlags(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const all = [...given, ...(env.NODE_OPTIONS ?? '').split(/\s+/)];
  return all.some((flag) => DECIDED.test(flag)) ? [] : [`--max-semi-space-size=${SEMI_SPACE_MB}`];
}

/**
 * Begins the same command line anew with the flags that are missing, in place of this process; returns if none is, or
 * where that cannot be done. To be called before anything is open.
 */
export function restartWithFlags(): void {
  const flags = missingFlags(process.execArgv, process.env);
  // A channel to the process that started this one would not come along.
  if (flags.length === 0 || process.connected) return;
  try {
    // A program that cannot be started would end this process, too.
    accessSync(process.execPath, constants.X_OK);
    const line = [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)];
    process.execve?.(process.execPath, line, process.env);
  } catch {
    // Not on this system. It only costs time.
  }
}
