/** `iota-seeqdrv context`: saves where to ask and as which user, so that further commands need no options for it. */
import { dirname, resolve } from 'node:path';
import { addressesText, callerOf, type CallerOptions } from '../caller-options.ts';
import { openRows, type FormatOptions } from '../output/rows.ts';
import { printable, printableJson } from '../output/printable.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import {
  CONTEXT_NAME,
  type Context,
  ContextError,
  contextNamed,
  type Contexts,
  contextsFile,
  readContexts,
  writeContexts,
} from './contexts.ts';

export interface SaveOptions extends CallerOptions {
  timeZone?: string;
  use?: boolean;
}

/** Checks the options as a request would, and saves them. The first context becomes the current one. */
export const saveContext = (name: string, options: SaveOptions, terminal: Terminal): Promise<ExitCode> =>
  changing(terminal, async (contexts) => {
    if (!CONTEXT_NAME.test(name)) {
      throw new ContextError(
        `${JSON.stringify(name)} is not a name: 1 to 64 letters, digits, ".", "-" and "_", the first a letter or a digit.`,
      );
    }
    if (options.nkey === undefined) {
      throw new ContextError('--nkey: is missing. Name the file with the NKey seed of the caller.');
    }
    const caller = await callerOf(options, terminal);
    if (caller === undefined) return undefined;
    const { access } = caller;
    const plain = caller.bus.tls === 'insecure';
    const context: Context = {
      nats: options.nats ?? addressesText(access.addresses),
      nkey: resolve(options.nkey),
      topic: caller.topic,
      ...(options.inbox === undefined ? {} : { inbox: options.inbox }),
      ...(access.ca?.reference.file === undefined
        ? {}
        : { ca: resolve(dirname(access.file), access.ca.reference.file) }),
      ...(access.serverName === undefined ? {} : { serverName: access.serverName }),
      ...(access.tlsFirst === true ? { tlsFirst: true } : {}),
      ...(plain ? { insecure: true } : {}),
      ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    };
    contexts.contexts[name] = context;
    if (options.use === true || contexts.current === null) contexts.current = name;
    terminal.err(`Saved as ${name} in ${contextsFile(terminal.env)}${contexts.current === name ? '; in use' : ''}.`);
    return contexts;
  });

/** Makes a context the one that commands use by default. */
export const chooseContext = (name: string, terminal: Terminal): Promise<ExitCode> =>
  changing(terminal, (contexts) => {
    contextNamed(contexts, name);
    return { ...contexts, current: name };
  });

/** Removes a context. */
export const removeContext = (name: string, terminal: Terminal): Promise<ExitCode> =>
  changing(terminal, (contexts) => {
    contextNamed(contexts, name);
    const { [name]: _, ...others } = contexts.contexts;
    if (contexts.current === name) terminal.err('No context is in use now.');
    return { current: contexts.current === name ? null : contexts.current, contexts: others };
  });

/** Prints one context: the named one, or the current one. */
export const showContext = (name: string | undefined, terminal: Terminal): Promise<ExitCode> =>
  reading(terminal, (contexts) => {
    const shown = name ?? contexts.current;
    if (shown === null) throw new ContextError('No context is in use: iota-seeqdrv context use <name>');
    terminal.out(printableJson({ name: shown, ...contextNamed(contexts, shown) }, 2));
  });

/** Lists all contexts. */
export const listContexts = (options: FormatOptions, terminal: Terminal): Promise<ExitCode> =>
  reading(terminal, ({ current, contexts }) => {
    interface Row extends Context {
      current: boolean;
      name: string;
    }
    const columns = (['name', 'nats', 'topic', 'nkey'] as const).map((title) => ({
      title,
      of: (row: Row): string => row[title],
    }));
    const mark = { title: '', of: (row: Row): string => (row.current ? '*' : '') };
    const csv = [{ title: 'current', of: (row: Row): boolean => row.current }, ...columns];
    const rows = openRows<Row>({ table: [mark, ...columns], csv }, options, terminal);
    for (const [name, context] of Object.entries(contexts))
      void rows.write({ current: name === current, name, ...context });
    rows.end();
  });

async function reading(terminal: Terminal, work: (contexts: Contexts) => void): Promise<ExitCode> {
  return changing(terminal, (contexts) => {
    work(contexts);
    return 'unchanged';
  });
}

/** @param work returns the new content, or undefined if it has reported why there is none */
async function changing(
  terminal: Terminal,
  work: (contexts: Contexts) => Promise<Contexts | undefined> | Contexts | 'unchanged',
): Promise<ExitCode> {
  try {
    const changed = await work(await readContexts(terminal.env));
    if (changed === undefined) return exitCodes.usage;
    if (changed !== 'unchanged') await writeContexts(terminal.env, changed);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    terminal.err(printable(error.message));
    return exitCodes.usage;
  }
}
