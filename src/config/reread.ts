import { setTimeout as sleep } from 'node:timers/promises';
import type { Found } from './files.ts';
import { SecretSource } from './secret.ts';

/** A file that was just replaced is read again up to this often, with a pause, until two reads give the same text. */
const READS = 10;
const PAUSE_MS = 50;

/**
 * A text that is read again for each use. A changed one may be incomplete, and an unreadable one may be in the process
 * of replacement, so both are read again after a moment. If that fails, it is an error: an old text is never used
 * instead.
 * @param path location of the reference in the configuration, for the error
 * @param first the text at the start
 */
export function rereadable(path: string, first: string, read: () => Promise<Found<string>>): SecretSource {
  let known = first;
  let settling: Promise<string> | undefined;
  const settle = async (changed: Found<string>): Promise<string> => {
    let last = changed;
    for (let reads = 1; reads < READS; reads++) {
      await sleep(PAUSE_MS);
      const next = await read();
      if (next.ok && last.ok && next.value === last.value) break;
      last = next;
      if (next.ok && next.value === known) break;
    }
    if (!last.ok) throw new Error(`${path}: ${last.message}`);
    known = last.value;
    return known;
  };
  return new SecretSource(async () => {
    const found = await read();
    if (found.ok && found.value === known) return known;
    // Concurrent callers wait for the same text.
    settling ??= settle(found).finally(() => (settling = undefined));
    return settling;
  });
}
