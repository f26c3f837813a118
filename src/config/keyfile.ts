/** The NKey seed of the driver: normally in the file `privatekey.nk`. */
import { dirname, join, resolve } from 'node:path';
import { fromSeed } from 'nkeys.js';
import { KEY_FILE, KEY_VARIABLE } from './file-names.ts';
import { readText, type ReadResult, type ReadFile } from './files.ts';
import { Reference, type ReadContent } from './references.ts';

/**
 * Takes a user's NKey seed out of a content, which normally is the bare seed. A trailing line break, comment lines (#)
 * and surrounding `-----BEGIN…` lines are accepted.
 */
export const parseSeed: ReadContent = (content, name) => {
  const lines = content
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !/^-{3,}/.test(line));
  const [seed, ...more] = lines;
  const wrong = (message: string): ReadResult<string> => ({ ok: false, message: `${name} ${message}` });
  if (seed === undefined) return wrong('is empty; it must hold the NKey seed of the driver (begins with SU)');
  if (more.length > 0) return wrong('must hold one NKey seed and nothing else');
  if (/^U[A-Z2-7]{55}$/.test(seed)) return wrong('holds a public key; it must hold the seed (begins with SU)');
  if (!seed.startsWith('SU')) return wrong('must hold the NKey seed of a user (begins with SU)');
  return publicKeyOf(seed) === undefined
    ? wrong('holds a damaged NKey seed (its checksum is wrong): was it copied as a whole?')
    : { ok: true, value: seed };
};

/** Reads a seed from a file; see {@link parseSeed}. */
export async function readSeed(readBytes: ReadFile, path: string): Promise<ReadResult<string>> {
  const text = await readText(readBytes, path);
  return text.ok ? parseSeed(text.value, `the file ${path}`) : text;
}

/** Where the seed is stored, and the setting that says so. */
export interface SeedLocation {
  readonly name: string;
  readonly reference: Reference;
}

/** From the variable, from the configuration, or the file beside the configuration. */
export function seedLocation(
  config: string,
  given: Reference | undefined,
  env: Readonly<Record<string, string | undefined>>,
): SeedLocation {
  const named = env[KEY_VARIABLE];
  if (named !== undefined && named !== '') {
    return { name: KEY_VARIABLE, reference: new Reference({ file: resolve(named) }, parseSeed) };
  }
  if (given !== undefined) return { name: 'settings.bus.seed', reference: given };
  return { name: KEY_FILE, reference: new Reference({ file: join(dirname(config), KEY_FILE) }, parseSeed) };
}

/** The public key of a seed. Undefined if the seed is invalid. */
export function publicKeyOf(seed: string): string | undefined {
  try {
    return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    return undefined;
  }
}
