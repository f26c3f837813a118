/** Names that the driver knows, for the completion of a word. */
import type { Driver } from '../connect.ts';
import { resolveNames } from '../query/names.ts';

/** A word that fits. A name that ends with a slash has more below it. */
export interface Candidate {
  readonly text: string;
  readonly about?: string | undefined;
}

/** More than these help no one. */
const MOST = 50;

type Hosts = string[] | undefined;
const callOf = ({ signal }: Driver, hosts: Hosts) => ({ signal, ...(hosts === undefined ? {} : { host: hosts }) });

/** The configured servers. */
export async function servers(driver: Driver, current: string): Promise<Candidate[]> {
  const { items } = await driver.client.version({}, { signal: driver.signal });
  return items
    .flatMap(({ hosts }) => hosts)
    .filter(({ name }) => name.startsWith(current))
    .map(({ name, version }) => ({ text: name, about: version ?? '' }));
}

/** Conditions by name. */
export async function conditions(driver: Driver, current: string, hosts: Hosts): Promise<Candidate[]> {
  const { items } = await driver.client.timeframesearch(
    { definitions: true, query: pattern(current), limit: MOST },
    callOf(driver, hosts),
  );
  return unique(
    items.flatMap((item) => ('path' in item ? [{ text: item.name, about: item.path.join('/') }] : [])),
    current,
  );
}

/**
 * The assets and tags whose path begins with the word, one level of the tree at a time; and tags by their name alone.
 * @param tags whether tags are wanted, or assets alone
 */
export async function assetsAndTags(
  driver: Driver,
  current: string,
  tags: boolean,
  hosts: Hosts,
): Promise<Candidate[]> {
  const slash = current.lastIndexOf('/');
  if (slash > 0) return below(driver, current.slice(0, slash), current, tags, hosts);
  const { client } = driver;
  const [roots, named] = await Promise.all([
    client.elementsearch({ parent: '', limit: MOST }, callOf(driver, hosts)),
    tags && current !== ''
      ? client.tagsearch({ query: pattern(current), limit: MOST }, callOf(driver, hosts))
      : undefined,
  ]);
  const assets = roots.items.flatMap((item) => ('path' in item ? [assetCandidate('', item, tags)] : []));
  const found = named?.items.flatMap((item) =>
    'path' in item ? [{ text: item.name, about: item.path.join('/') }] : [],
  );
  return unique([...assets, ...(found ?? [])], current);
}

async function below(
  driver: Driver,
  parent: string,
  current: string,
  tags: boolean,
  hosts: Hosts,
): Promise<Candidate[]> {
  const { client, signal } = driver;
  const resolved = await resolveNames(client, [parent], { kind: 'asset', hosts, signal, onFailure: () => undefined });
  const parents = resolved.flatMap((one) =>
    'fqn' in one ? [one.fqn] : 'matches' in one ? one.matches.map(({ fqn }) => fqn) : [],
  );
  const answers = await Promise.all(
    parents
      .slice(0, 3)
      .map((fqn) =>
        Promise.all([
          client.elementsearch({ parent: fqn, limit: MOST * 4 }, { signal }),
          tags ? client.tagsearch({ asset: fqn, limit: MOST * 4 }, { signal }) : undefined,
        ]),
      ),
  );
  const levels = parent.split('/').length;
  return unique(
    answers.flatMap(([assets, own]) => [
      ...assets.items.flatMap((item) => ('path' in item ? [assetCandidate(`${parent}/`, item, tags)] : [])),
      // A search below an asset returns all levels.
      ...(own?.items ?? []).flatMap((item) =>
        'path' in item && isDirectlyBelow(item.path, parent, levels)
          ? [{ text: `${parent}/${item.name}`, about: item.unit }]
          : [],
      ),
    ]),
    current,
  );
}

const isDirectlyBelow = (path: readonly string[], parent: string, levels: number): boolean =>
  path.slice(-levels).join('/').toLowerCase() === parent.replace(/^\//, '').toLowerCase();

const assetCandidate = (
  lead: string,
  { name, hasChildren }: { name: string; hasChildren: boolean },
  tags: boolean,
): Candidate => ({
  text: `${lead}${name}${tags || hasChildren ? '/' : ''}`,
});

/** A pattern for names that begin with the word. */
const pattern = (current: string): string => `${current.replaceAll('*', '?').replace(/^\//, '?')}*`;

function unique(all: readonly Candidate[], current: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const one of all) if (one.text.startsWith(current) && !found.has(one.text)) found.set(one.text, one);
  return [...found.values()].slice(0, MOST);
}
