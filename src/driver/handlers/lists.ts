/** `datasources` and `workbooks`: filters for searches. */
import type { z } from 'zod';
import {
  datasources as datasourcesDeclaration,
  workbooks as workbooksDeclaration,
} from '../../contract/functions/general.ts';
import type { FoundItem } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { searchPage } from '../search/pages.ts';
import { searchScope } from '../search/scope.ts';

const CLASS = 'Datasource Class';
const ID = 'Datasource ID';

export const datasources = handler(
  datasourcesDeclaration,
  (params, context) =>
    list('datasource', params, context, ({ properties, ...found }, host) => ({
      ...shown(found, host),
      ...textOf('datasourceClass', properties?.[CLASS]?.value),
      ...textOf('datasourceId', properties?.[ID]?.value),
    })),
  ['searchLimit'],
  'lists',
);

export const workbooks = handler(
  workbooksDeclaration,
  (params, context) => list('workbook', params, context, shown),
  ['searchLimit'],
  'lists',
);

type Params = z.infer<typeof datasourcesDeclaration.params>;

async function list(
  kind: 'datasource' | 'workbook',
  params: Params,
  context: RequestContext,
  toItem: (found: FoundItem, host: Host) => object,
): Promise<void> {
  const { hosts, needs, query } = searchScope('lists', { ...params, field: 'name' }, context);
  await searchPage(
    {
      hosts,
      needs,
      kinds: [kind],
      query: { ...query, properties: [CLASS, ID], orderBy: 'name' },
      cursor: params.cursor,
      question: [kind, params.query, hosts.map(({ source }) => source.name)],
      emit: (found, _kind, host) => context.emitFound(toItem(found, host)),
    },
    context,
  );
}

function shown({ id, name, description }: FoundItem, { source }: Host) {
  return {
    host: source.name,
    id,
    name,
    displayName: `${source.name}: ${name}`,
    ...(description === undefined ? {} : { description }),
  };
}

const textOf = (name: string, value: unknown) => (typeof value === 'string' ? { [name]: value } : {});
