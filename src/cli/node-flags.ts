/**
 * The flags of Node that a running driver needs. V8 reads the sizes of its heap only at start, so the process replaces
 * itself, with the same process id, unless it was started with flags of its own.
 */
import { accessSync, constants } from 'node:fs';

/**
 * Megabytes of a semi-space. New objects have up to three. Measured by `npm run bench:memory`: in a small container V8
 * uses 1, so streamed answers move to the old space, which is then collected continuously. With much memory V8 uses up
 * to 64, which makes the process larger and nothing faster.
 */
export const SEMI_SPACE_MB = 16;

/** With one of these flags the operator has set the size of the young generation. V8 accepts underscores too. */
const DECIDED = /^--(?:(?:min|max)[-_]semi[-_]space[-_]size|max[-_]heap[-_]size)(?:=|$)/;

/** The flags to add to those of this process. */
export function missingFlags(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const all = [...given, ...(env.NODE_OPTIONS ?? '').split(/\s+/)];
  return all.some((flag) => DECIDED.test(flag)) ? [] : [`--max-semi-space-size=${SEMI_SPACE_MB}`];
}

/**
 * Restarts the same command line with the missing flags, in place of this process. Returns if none is missing, or if
 * that is not possible. Call it before anything is open.
 */
export function restartWithFlags(): void {
  const flags = missingFlags(process.execArgv, process.env);
  // An IPC channel to the parent process would be lost.
  if (flags.length === 0 || process.connected) return;
  try {
    // A program that cannot be started would end this process too.
    accessSync(process.execPath, constants.X_OK);
    const line = [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)];
    process.execve?.(process.execPath, line, process.env);
  } catch {
    // Not available on this system. The driver then only runs slower.
  }
}
