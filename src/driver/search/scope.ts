/** The parameters that all searches share, checked and put in the words of a source. */
import type { z } from 'zod';
import { DriverError } from '../../contract/errors.ts';
import { parseFqn } from '../../contract/fqn.ts';
import type { tagsearch } from '../../contract/functions/search.ts';
import type { SearchQuery } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';
import { checkLimit } from '../limits.ts';
import { readPattern } from './pattern.ts';

type Params = Pick<z.infer<typeof tagsearch.params>, 'query' | 'field' | 'workbook' | 'datasource' | 'asset' | 'limit'>;

/** Hosts to search and what to search for. An asset decides the host by itself. */
export function searchScope(
  params: Params,
  context: RequestContext,
): { hosts: Host[]; query: Omit<SearchQuery, 'kind' | 'offset' | 'orderBy' | 'properties'> } {
  checkLimit('limit', params.limit, context.limits.searchLimit, 'hits');
  const pattern = readPattern(params.query);
  const { field, workbook, datasource, limit } = params;
  const query = { pattern, field, workbook, datasource, limit };
  if (params.asset === undefined) return { hosts: context.selected, query };
  const { host, id } = assetOf(params.asset, 'asset', context);
  return { hosts: [host], query: { ...query, assetId: id } };
}

/** The asset that a parameter names. */
export function assetOf(text: string, field: string, context: RequestContext): { host: Host; id: string } {
  const fqn = parseFqn(text);
  if (fqn.kind !== 'asset' || fqn.part) {
    throw new DriverError('badRequest', `"${field}" must be the FQN of an asset.`, { details: { field } });
  }
  return { host: context.hosts.of(fqn, context.selected), id: fqn.id };
}
