/** Saved contexts: where to ask, and as which user. The file names key files and holds no secret. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readFailure } from '../../config/files.ts';
import { jsonMistake } from '../../lib/json.ts';
import { didYouMeanOneOf } from '../../lib/wording/suggest.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import { CONTEXT_VARIABLE } from '../command-names.ts';
import type { Terminal } from '../terminal.ts';

const contextSchema = z.strictObject({
  nats: z.string(),
  nkey: z.string(),
  topic: z.string(),
  inbox: z.string().optional(),
  ca: z.string().optional(),
  serverName: z.string().optional(),
  tlsFirst: z.boolean().optional(),
  insecure: z.boolean().optional(),
  timeZone: z.string().refine(isTimeZone, { error: 'must be an IANA time zone' }).optional(),
});
/** The options of the command line that it replaces, by their names there. Paths are absolute. */
export type Context = z.infer<typeof contextSchema>;

/** Names are words of the command line. */
export const CONTEXT_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

const fileSchema = z.strictObject({
  current: z.string().nullable(),
  contexts: z.record(z.string().regex(CONTEXT_NAME), contextSchema),
});
/** The content of the file. */
export type Contexts = z.infer<typeof fileSchema>;

/** The file or a name in it cannot be used. The text says why. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
}

/** Path of the file: below XDG_CONFIG_HOME, by default ~/.config. */
export function contextsFile(env: Terminal['env']): string {
  const { XDG_CONFIG_HOME: configured = '', APPDATA: appData = '' } = env;
  const usual = process.platform === 'win32' && appData !== '' ? appData : join(homedir(), '.config');
  return join(configured === '' ? usual : configured, 'iota-seeqdrv', 'contexts.json');
}

/**
 * Reads the file. Without one, there are no contexts.
 * @throws ContextError
 */
export async function readContexts(env: Terminal['env']): Promise<Contexts> {
  const path = contextsFile(env);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { current: null, contexts: {} };
    throw new ContextError(`The contexts in ${path} cannot be used: the file ${readFailure(error)}.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ContextError(`The contexts in ${path} cannot be used: ${jsonMistake(text)}.`);
  }
  const result = fileSchema.safeParse(json);
  if (result.success) return result.data;
  const { path: at = [], message = '' } = result.error.issues[0] ?? {};
  throw new ContextError(`The contexts in ${path} cannot be used: ${at.join('.')}: ${message}.`);
}

/** Writes the file for its owner only. A reader sees the old or the new content, never a part. */
export async function writeContexts(env: Terminal['env'], contexts: Contexts): Promise<void> {
  const path = contextsFile(env);
  const written = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(written, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(written, 0o600);
    await rename(written, path);
  } catch (error) {
    throw new ContextError(
      `The contexts cannot be saved in ${path}: ${error instanceof Error ? error.message : String(error)}.`,
    );
  } finally {
    await rm(written, { force: true }).catch(() => undefined);
  }
}

/** The context with a name. @throws ContextError with the nearest name */
export function contextNamed({ contexts }: Contexts, name: string): Context {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(contexts);
  const hint =
    names.length === 0 ? '; none is saved: iota-seeqdrv context save <name> …' : didYouMeanOneOf(name, names);
  throw new ContextError(`There is no context ${JSON.stringify(name)}${hint}`);
}

/** The name that an option or the variable gives. Undefined if neither does. */
export const namedContext = (option: string | undefined, env: Terminal['env']): string | undefined => {
  const variable = env[CONTEXT_VARIABLE];
  return option ?? (variable === '' ? undefined : variable);
};
