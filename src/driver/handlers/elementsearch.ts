/** `elementsearch`: finds assets, or browses their trees. */
import { elementsearch as declaration } from '../../contract/functions/search.ts';
import { handler } from '../handler.ts';
import { prepareAsset } from '../search/assets.ts';
import { browse } from '../search/browse.ts';
import { foundItem, searchPage } from '../search/pages.ts';
import { assetOf, searchScope } from '../search/scope.ts';

export const elementsearch = handler(
  declaration,
  async (params, context) => {
    const { cursor, limit, ...question } = params;
    const { parent, depth, include, workbook } = params;
    const { hosts, needs, query } = searchScope('assets', params, context);
    const names = hosts.map(({ source }) => source.name);
    if (parent !== undefined) {
      const starts =
        parent === ''
          ? hosts.map((host) => ({ host, assetId: undefined }))
          : [assetOf(parent, 'parent', context)].map(({ host, id }) => ({ host, assetId: id }));
      await browse({ starts, depth, include, workbook, limit, cursor, question: ['browse', question, names] }, context);
      return;
    }
    await searchPage(
      {
        hosts,
        needs,
        kinds: ['asset'],
        query: { ...query, orderBy: params.orderBy },
        cursor,
        question: ['elementsearch', question, names],
        emit: (found, kind, host) =>
          context.emitFound({ ...foundItem(found, kind, host), hasChildren: found.hasChildren }),
        prepare: include.length === 0 ? undefined : (found, host) => prepareAsset(found, host, { include }, context),
      },
      context,
    );
  },
  ['searchLimit'],
  'assets',
);
