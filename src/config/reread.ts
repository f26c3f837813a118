import { setTimeout as sleep } from 'node:timers/promises';
import type { Found } from './files.ts';
import { SecretSource } from './secret.ts';

/** A file that was just replaced is read again so often, and after such a pause, until it gives the same text twice. */
const READS = 10;
const PAUSE_MS = 50;

/**
 * A text that is read again for each use. One that has changed may not be whole yet, and one that cannot be read may be
 * in the middle of being replaced, so both are read again after a moment. What cannot be read then is an error: an older
 * text is never used in its place.
 * @param path where the reference is in the configuration, for the error
 * @param first what it was at the start
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
    // Whoever asks meanwhile waits for the same text.
    settling ??= settle(found).finally(() => (settling = undefined));
    return settling;
  });
}
