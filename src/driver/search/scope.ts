/** The parameters that all searches share, checked and put in the words of a source. */
import type { z } from 'zod';
import { toDriverError, wrongParameter } from '../../contract/errors.ts';
import { type Fqn, parseFqn } from '../../contract/fqn.ts';
import type { tagsearch } from '../../contract/functions/search.ts';
import { quote } from '../../lib/phrases.ts';
import type { SearchQuery } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';
import { checkLimit } from '../limits/request-limits.ts';
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

/**
 * The asset that a parameter names.
 * @throws DriverError `badRequest`, `unknownHost`
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
  return { host: context.hosts.of(fqn, context.selected), id: fqn.id };
}
