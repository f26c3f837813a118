/** The abilities of a source decide which requests it gets. The driver checks abilities, never the kind of source. */
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

/** Names for error texts, after "has no". */
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
 * An ability of a host.
 * @throws DriverError `unsupported`, with the host and the ability, if it is missing
 */
export function abilityOf<Name extends AbilityName>({ source }: Host, name: Name): SourceAbilities[Name] {
  const ability = source.abilities[name];
  if (ability === undefined) throw unsupported(source, name);
  return ability;
}

/** Whether a host has all of these abilities. */
export const hasAbilities = ({ source }: Host, names: readonly AbilityName[]): boolean =>
  names.every((name) => source.abilities[name] !== undefined);

/** @throws DriverError `unsupported` for the first missing ability */
export function checkAbilities(host: Host, names: readonly AbilityName[]): void {
  for (const name of names) abilityOf(host, name);
}

/** The ability of a host that finds items of a kind. */
export const finderOf = (host: Host, kind: SearchKind): Finder<SearchKind> => abilityOf(host, FINDING[kind]);

function unsupported({ scheme, name }: Source, ability: AbilityName): DriverError {
  return new DriverError(
    'unsupported',
    `Source "${name}" (${scheme}:) has no ${IN_WORDS[ability]} (ability "${ability}"); function "hosts" shows what each source can do.`,
    { details: { host: name, ability } },
  );
}
