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

/** `iota-seeqdrv keygen`: makes the driver's NKey pair. */
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
 * Makes a new NKey pair of a user and writes its seed to `file`, readable by its owner only; a missing folder is made.
 * Fails like `node:fs`; with code EEXIST if the file is there and `force` is false.
 * @returns the public key
 */
export async function makeKeyFile(file: string, force: boolean): Promise<string> {
  const pair = createUser();
  // Written aside first: a file that is replaced keeps its own mode, a new one gets ours.
  const written = force ? `${file}.${randomUUID()}` : file;
  try {
    // Open to its owner only, as the key in it.
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
