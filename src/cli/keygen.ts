import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createUser } from 'nkeys.js';
import { KEY_FILE } from '../config/file-names.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface KeygenOptions {
  dir: string;
  force: boolean;
}

/** `iota-seeqdrv keygen`: creates the driver's NKey pair. */
export async function keygen(options: KeygenOptions, terminal: Terminal): Promise<ExitCode> {
  const file = resolve(options.dir, KEY_FILE);
  let publicKey: string;
  try {
    publicKey = await makeKeyFile(file, options.force);
  } catch (error) {
    terminal.err(writeFailure(file, error));
    return exitCodes.failure;
  }
  terminal.err(`${file} holds the private key. The public key, for "publickey" and for the NATS server:`);
  terminal.out(publicKey);
  return exitCodes.ok;
}

/**
 * Creates a new NKey pair of a user and writes its seed to `file`, readable by its owner only. Creates a missing
 * folder. Fails like `node:fs`, with code EEXIST if the file exists and `force` is false.
 * @returns the public key
 */
export async function makeKeyFile(file: string, force: boolean): Promise<string> {
  const pair = createUser();
  // Written to a temporary file first: a replaced file keeps its own mode, a new one gets the right mode.
  const written = force ? `${file}.${randomUUID()}` : file;
  try {
    // Only for its owner, like the key in it.
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(written, Buffer.concat([pair.getSeed(), Buffer.from('\n')]), { mode: 0o600, flag: 'wx' });
    if (force) await rename(written, file);
    return pair.getPublicKey();
  } finally {
    if (force) await rm(written, { force: true });
    pair.clear();
  }
}

function writeFailure(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') return `${file} exists already; --force replaces it (the old key is lost then)`;
  return `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
}
