import { fromSeed } from 'nkeys.js';
import { readText, type Found, type ReadFile } from './files.ts';

/**
 * Reads a user's NKey seed from `privatekey.nk`. The file normally contains the bare seed. A trailing line break,
 * comment lines (#) and surrounding `-----BEGIN…` lines are accepted.
 */
export async function readSeed(readBytes: ReadFile, path: string): Promise<Found<string>> {
  const text = await readText(readBytes, path);
  if (!text.ok) return text;
  const lines = text.value
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^-{3,}/.test(line));
  const [seed, ...more] = lines;
  const wrong = (message: string): Found<string> => ({ ok: false, message: `the file ${path} ${message}` });
  if (seed === undefined) return wrong('is empty; it must hold the NKey seed of the driver (begins with SU)');
  if (more.length > 0) return wrong('must hold one NKey seed and nothing else');
  if (/^U[A-Z2-7]{55}$/.test(seed)) return wrong('holds a public key; it must hold the seed (begins with SU)');
  if (!seed.startsWith('SU')) return wrong('must hold the NKey seed of a user (begins with SU)');
  return publicKeyOf(seed) === undefined
    ? wrong('holds a damaged NKey seed (its checksum is wrong): was it copied as a whole?')
    : { ok: true, value: seed };
}

/** The public key of a seed. Undefined if the seed is invalid. */
export function publicKeyOf(seed: string): string | undefined {
  try {
    return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    return undefined;
  }
}
