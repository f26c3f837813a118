/** The common parameters of all searches, checked and converted to the terms of a source. */
import type { z } from 'zod';
import { toDriverError, wrongParameter } from '../../contract/errors.ts';
import { type Fqn, parseFqn } from '../../contract/fqn.ts';
import type { tagsearch } from '../../contract/functions/search.ts';
import { quote } from '../../lib/wording/phrases.ts';
import type { SearchQuery } from '../../sources/source.ts';
import type { AbilityName } from '../../contract/functions/general.ts';
import { checkAbilities, hasAbilities } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';
import { checkLimit } from '../limits/request-limits.ts';
import { readPattern } from './pattern.ts';

type Params = Pick<z.infer<typeof tagsearch.params>, 'query' | 'field' | 'workbook' | 'datasource' | 'asset' | 'limit'>;

export interface SearchScope {
  /** Includes hosts without the ability if they must fail. */
  hosts: Host[];
  /** The abilities that a host needs. */
  needs: AbilityName[];
  query: Omit<SearchQuery, 'kind' | 'offset' | 'orderBy' | 'properties'>;
}

/**
 * The hosts to search and the query. An asset determines the host.
 * @param ability the ability that finds the items
 */
export function searchScope(ability: AbilityName, params: Params, context: RequestContext): SearchScope {
  checkLimit('limit', params.limit, context.limits.searchLimit, 'hits');
  const pattern = readPattern(params.query);
  const { field, workbook, datasource, limit } = params;
  const query = { pattern, field, workbook, datasource, limit };
  // A host that cannot apply these filters must not return more than requested.
  const needs = workbook === undefined && datasource === undefined ? [ability] : [ability, 'lists' as const];
  if (params.asset === undefined) return { hosts: searchedHosts(needs, context), needs, query };
  const { host, id } = assetOf(params.asset, 'asset', context);
  checkAbilities(host, needs);
  return { hosts: [host], needs, query: { ...query, assetId: id } };
}

/**
 * A search over all hosts omits those without the ability. Hosts that the request names fail instead, and all fail if
 * none has it.
 */
function searchedHosts(needs: AbilityName[], { selected, named }: RequestContext): Host[] {
  if (named) return selected;
  const able = selected.filter((host) => hasAbilities(host, needs));
  return able.length > 0 ? able : selected;
}

/**
 * The asset of a parameter.
 * @throws DriverError `badRequest`, `unknownHost`, or `unsupported` if its host has no assets
 */
export function assetOf(text: string, field: string, context: RequestContext): { host: Host; id: string } {
  const must = 'must be the FQN of an asset';
  let fqn: Fqn;
  try {
    fqn = parseFqn(text);
  } catch (thrown) {
    throw wrongParameter(field, `${must}: ${toDriverError(thrown).message}`, thrown);
  }
  if (fqn.kind !== 'asset' || fqn.part) throw wrongParameter(field, `${must}, which ${quote(text)} is not`);
  const host = context.hosts.of(fqn, context.selected);
  checkAbilities(host, ['assets']);
  return { host, id: fqn.id };
}
