/** Finds tags, assets and conditions by path or name, as people know them, and returns their FQNs. */
import { distance } from 'fastest-levenshtein';
import type { Client } from '../../client/client.ts';
import { parseFqn } from '../../contract/fqn.ts';
import { quote } from '../../lib/wording/phrases.ts';
import { folded } from '../../lib/text.ts';

/** The kinds of items that have a name. */
export type NamedKind = 'tag' | 'asset' | 'condition';

/** An item that a search found. */
export interface Hit {
  readonly fqn: string;
  readonly name: string;
  readonly path: readonly string[];
}

/** The result for one text. */
export type Resolution =
  | { readonly text: string; readonly fqn: string; readonly label: string }
  | { readonly text: string; readonly matches: readonly Hit[] }
  | { readonly text: string; readonly near: readonly Hit[] };

export interface NamesOptions {
  readonly kind: NamedKind;
  /** Only these servers. */
  readonly hosts?: string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A server could not search, so a match may be missing. */
  readonly onFailure: (host: string, message: string) => void;
}

/** Names from the root and the item's own, joined as people write them. */
export const pathOf = ({ path, name }: Pick<Hit, 'path' | 'name'>): string => [...path, name].join('/');

/** Whether a text is an FQN and needs no search. */
export function isFqn(text: string): boolean {
  try {
    parseFqn(text);
    return true;
  } catch {
    return false;
  }
}

/** Most hits that a search of a name reads. A name that more items begin with needs a server or a path. */
const MOST_HITS = 10_000;
/** Allowed by every configuration of a driver. */
const PAGE = 100;
/** Names with more slashes in themselves are found by FQN only. */
const MOST_NAME_PARTS = 4;
/** Proposals for a name that nothing has. */
const MOST_NEAR = 5;

/** Resolves texts in order. The searches run one after the other, so that a long list does not load a server. */
export async function resolveNames(
  client: Client,
  texts: readonly string[],
  options: NamesOptions,
): Promise<Resolution[]> {
  const resolved = new Map<string, Resolution>();
  for (const text of texts) {
    if (!resolved.has(text)) resolved.set(text, await resolveName(client, text, options));
  }
  return texts.flatMap((text) => resolved.get(text) ?? []);
}

async function resolveName(client: Client, text: string, options: NamesOptions): Promise<Resolution> {
  if (isFqn(text)) return { text, fqn: text, label: text };
  const wanted = segmentsOf(text);
  for (let parts = 1; parts <= Math.min(wanted.length, MOST_NAME_PARTS); parts++) {
    const name = wanted.slice(-parts).join('/');
    if (name === '') continue;
    const matches: Hit[] = [];
    let hits = 0;
    for await (const hit of search(client, `${withoutWildcards(name)}*`, MOST_HITS, options)) {
      if (matchesPath(hit, text)) matches.push(hit);
      hits++;
    }
    if (hits === MOST_HITS) {
      throw new Error(
        `More than ${MOST_HITS} names begin with ${quote(name)}, so ${quote(text)} is not looked for among them. Use its FQN, or --host.`,
      );
    }
    const chosen = choose(matches, text);
    const [only, ...more] = chosen;
    if (only !== undefined && more.length === 0) return { text, fqn: only.fqn, label: pathOf(only) };
    if (only !== undefined) return { text, matches: chosen };
  }
  return { text, near: await nearOnes(client, wanted, options) };
}

/** The path in parts. Seeq itself shows ">>" between them. */
const segmentsOf = (text: string): string[] => normalized(text).replace(/^\//, '').split('/');

const normalized = (text: string): string =>
  text
    .split('>>')
    .map((part) => part.trim())
    .join('/');

/** Pattern characters, and the slash at the start of a regular expression, as "any character". */
const withoutWildcards = (name: string): string => name.replaceAll('*', '?').replace(/^\//, '?');

/** Whether the text is the end of the item's path. With a slash at its start, it is the whole path. */
function matchesPath(hit: Hit, text: string): boolean {
  const wanted = folded(normalized(text));
  const whole = `/${folded(pathOf(hit))}`;
  return wanted.startsWith('/') ? whole === wanted : whole.endsWith(`/${wanted}`);
}

/** Of several matches, those whose whole path is the text, otherwise those with the same letter case. */
function choose(matches: readonly Hit[], text: string): readonly Hit[] {
  const wanted = normalized(text);
  const narrower = [
    // A bare name says nothing about the path, so it prefers none.
    matches.filter((hit) => wanted.includes('/') && folded(pathOf(hit)) === folded(wanted)),
    matches.filter((hit) => `/${pathOf(hit)}`.endsWith(`/${wanted.replace(/^\//, '')}`)),
  ];
  return narrower.find(({ length }) => length === 1) ?? matches;
}

/** The most similar paths among items whose name begins alike or shares the longest word. */
async function nearOnes(client: Client, wanted: readonly string[], options: NamesOptions): Promise<Hit[]> {
  const name = wanted.at(-1) ?? '';
  const [longest = ''] = name.split(/\s+/).sort((a, b) => b.length - a.length);
  const begin = Array.from(longest).slice(0, 3).join('');
  const queries = new Set([`*${withoutWildcards(longest)}*`, `${withoutWildcards(begin)}*`]);
  const found = new Map<string, Hit>();
  for (const query of queries) {
    for await (const hit of search(client, query, PAGE, options)) found.set(hit.fqn, hit);
  }
  const text = folded(wanted.join('/'));
  const depth = wanted.length;
  return [...found.values()]
    .map((hit) => ({ hit, slips: distance(folded(pathOf(hit).split('/').slice(-depth).join('/')), text) }))
    .sort((a, b) => a.slips - b.slips)
    .slice(0, MOST_NEAR)
    .map(({ hit }) => hit);
}

/** Searches by name. Stops after `most` hits. */
async function* search(
  client: Client,
  query: string,
  most: number,
  { kind, hosts, signal, onFailure }: NamesOptions,
): AsyncGenerator<Hit> {
  const call = { ...(hosts === undefined ? {} : { host: hosts }), ...(signal === undefined ? {} : { signal }) };
  const params = { query, limit: PAGE };
  const items =
    kind === 'tag'
      ? client.items('tagsearch', params, call)
      : kind === 'asset'
        ? client.items('elementsearch', params, call)
        : client.items('timeframesearch', { ...params, definitions: true }, call);
  let count = 0;
  for await (const item of items) {
    if ('error' in item) {
      onFailure('host' in item ? item.host : '', item.error.message);
    } else if ('path' in item) {
      yield item;
      if (++count >= most) return;
    }
  }
}
