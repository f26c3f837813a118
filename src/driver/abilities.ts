/** What a source can do decides which requests it gets: the driver asks by ability, never by kind of source. */
import { DriverError } from '../contract/errors.ts';
import type { AbilityName } from '../contract/functions/general.ts';
import type { Finder, SearchKind, Source, SourceAbilities } from '../sources/source.ts';
import type { Host } from './hosts.ts';

/** The ability that finds items of a kind. */
const FINDING = {
  signal: 'search',
  scalar: 'search',
  asset: 'assets',
  condition: 'timeframes',
  datasource: 'lists',
  workbook: 'lists',
} as const satisfies Record<SearchKind, AbilityName>;

/** In words, after "has no". */
const IN_WORDS: Readonly<Record<AbilityName, string>> = {
  search: 'search for signals and scalars',
  describe: 'metadata of single items',
  assets: 'asset trees',
  lists: 'datasources and workbooks',
  snapshot: 'current values',
  history: 'recorded samples',
  timeframes: 'conditions and timeframes',
};

/**
 * What a host can do.
 * @throws DriverError `unsupported`, which names the host and the ability, where it cannot
 */
export function abilityOf<Name extends AbilityName>({ source }: Host, name: Name): SourceAbilities[Name] {
  const ability = source.abilities[name];
  if (ability === undefined) throw unsupported(source, name);
  return ability;
}

/** Whether a host can do all of this. */
export const hasAbilities = ({ source }: Host, names: readonly AbilityName[]): boolean =>
  names.every((name) => source.abilities[name] !== undefined);

/** @throws DriverError `unsupported` for the first that is missing */
export function checkAbilities(host: Host, names: readonly AbilityName[]): void {
  for (const name of names) abilityOf(host, name);
}

/** What finds items of a kind at a host. */
export const finderOf = (host: Host, kind: SearchKind): Finder<SearchKind> => abilityOf(host, FINDING[kind]);

function unsupported({ scheme, name }: Source, ability: AbilityName): DriverError {
  return new DriverError(
    'unsupported',
    `Source "${name}" (${scheme}:) has no ${IN_WORDS[ability]} (ability "${ability}"); function "hosts" tells what each source can do.`,
    { details: { host: name, ability } },
  );
}
