/** The items of a command line: resolves their names, and reports those that are ambiguous or not found. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { count, quote } from '../../lib/wording/phrases.ts';
import type { Driver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import type { Terminal } from '../terminal.ts';
import { type Hit, type NamedKind, pathOf, resolveNames } from './names.ts';

/** An item whose FQN is known. */
export interface NamedItem {
  /** As given. */
  readonly text: string;
  readonly fqn: string;
  /** Its path if it was found by name, otherwise its FQN. */
  readonly label: string;
}

/** Options that narrow a search of names. */
export interface NameOptions {
  host?: string[];
}

/** Longest list of matches in a message. */
const MOST_MATCHES = 20;
/** Most names that standard input may have. */
const MOST_LINES = 10_000;

/** Names of the command line. `-` stands for the lines of standard input. */
export async function namesOf(texts: readonly string[], terminal: Terminal): Promise<string[]> {
  if (!texts.includes('-')) return [...texts];
  const lines: string[] = [];
  const input = Readable.from(terminal.input ?? process.stdin, { objectMode: false });
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() !== '') lines.push(line.trim());
    if (lines.length > MOST_LINES) throw new Error(`Standard input has more than ${MOST_LINES} names.`);
  }
  return texts.flatMap((text) => (text === '-' ? lines : [text]));
}

/** The items in order. Undefined if one is ambiguous or not found, after a report of each. */
export async function findItems(
  { client, signal }: Driver,
  texts: readonly string[],
  kind: NamedKind,
  { host }: NameOptions,
  terminal: Terminal,
): Promise<NamedItem[] | undefined> {
  const failed = new Map<string, string>();
  const found = await resolveNames(client, texts, {
    kind,
    hosts: host,
    signal,
    onFailure: (name, message) => failed.set(name, message),
  });
  for (const [name, message] of failed) {
    terminal.err(printable(`warning: server ${name} was not searched: ${message}`));
  }
  const items: NamedItem[] = [];
  for (const result of found) {
    if ('fqn' in result) items.push(result);
    else if ('matches' in result) {
      const { matches, text } = result;
      terminal.err(
        printable(
          `${quote(text)} is ambiguous: ${count(matches.length, kind)} fit. Give more of the path, or the FQN:`,
        ),
      );
      listHits(matches, terminal);
    } else {
      const hint = result.near.length === 0 ? `; "iota-seeqdrv search" lists what there is` : '. Similar ones:';
      terminal.err(printable(`No ${kind} has the name or path ${quote(result.text)}${hint}`));
      listHits(result.near, terminal);
    }
  }
  return items.length === found.length ? items : undefined;
}

function listHits(hits: readonly Hit[], terminal: Terminal): void {
  for (const hit of hits.slice(0, MOST_MATCHES)) terminal.err(printable(`  ${pathOf(hit)}  ${hit.fqn}`));
  if (hits.length > MOST_MATCHES) terminal.err(`  and ${hits.length - MOST_MATCHES} more`);
}
