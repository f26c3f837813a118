/** `tagsearch`: finds signals and scalars. */
import { tagsearch as declaration } from '../../contract/functions/search.ts';
import { handler } from '../handler.ts';
import { foundItem, searchPage } from '../search/pages.ts';
import { searchScope } from '../search/scope.ts';

export const tagsearch = handler(
  declaration,
  async (params, context) => {
    const { cursor, limit: _, ...question } = params;
    const { hosts, needs, query } = searchScope('search', params, context);
    const properties = params.properties?.includes('*') ? 'all' : params.properties;
    await searchPage(
      {
        hosts,
        needs,
        kinds: params.kinds,
        query: { ...query, properties, orderBy: params.orderBy },
        cursor,
        question: ['tagsearch', question, hosts.map(({ source }) => source.name)],
        emit: (found, kind, host) => context.emitFound({ ...foundItem(found, kind, host), kind }),
      },
      context,
    );
  },
  ['searchLimit'],
  'search',
);
