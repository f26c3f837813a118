/** Data sources with what came through them, assets and workbooks. */
import type { Handlers } from '../http/call.ts';
import type { Item } from '../plant/item.ts';
import { ofType } from './find.ts';
import { listPage } from './list.ts';
import { common, datasourcePreview, permissions, preview, type Models } from './shapes.ts';

function datasourceOf(item: Item): Models['DatasourceOutputV1'] {
  return {
    ...datasourcePreview(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    storedInSeeq: false,
    cacheEnabled: true,
    effectivePermissions: permissions(item),
  };
}

/** The simulated sources always work and count nothing. */
function statusOf(item: Item): Models['DatasourceStatusV1'] {
  const { datasourceClass, datasourceId } = datasourcePreview(item);
  return {
    datasourceGuid: item.id,
    datasourceName: item.name,
    datasourceClass: datasourceClass ?? '',
    datasourceId: datasourceId ?? '',
    enabled: true,
    storedInSeeq: false,
    statistics: {},
  };
}

function workbookOf(item: Item): Models['WorkbookOutputV1'] {
  return {
    ...preview(item),
    type: 'Analysis',
    ...(item.description === undefined ? {} : { description: item.description }),
    ancestors: item.parents.map(preview),
    effectivePermissions: permissions(item),
    worksheets: `/api/workbooks/${item.id}/worksheets`,
  };
}

export const sourceHandlers: Handlers = {
  get_datasources: ({ server, parameters }) => {
    const { datasourceClass, datasourceId } = parameters;
    const all = [...server.plant.ofType('Datasource')]
      .map(datasourceOf)
      .filter(
        (source) =>
          (datasourceClass === undefined || source.datasourceClass === datasourceClass) &&
          (datasourceId === undefined || source.datasourceId === datasourceId),
      );
    const { part, frame } = listPage(all, parameters, '/datasources');
    return { body: { ...frame, datasources: part } };
  },
  get_datasource: ({ server, parameters }) => ({
    body: datasourceOf(ofType(server.plant, parameters.id, 'Datasource')),
  }),
  get_items_hosted_by_datasource: ({ server, parameters }) => {
    const source = ofType(server.plant, parameters.id, 'Datasource');
    const { dataId } = parameters;
    const all = [...server.plant.items.values()].filter(
      (item) => item.datasource === source && !item.archived && (dataId === undefined || item.dataId === dataId),
    );
    const { part, frame, totalResults } = listPage(all, parameters, `/datasources/${source.id}/items`);
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_status: ({ server, parameters }) => {
    const all = [...server.plant.ofType('Datasource')];
    const { part, frame, totalResults } = listPage(all, parameters, '/datasources/status');
    return { body: { ...frame, totalResults, datasourceStatuses: part.map(statusOf) } };
  },
  get_assets: ({ server, parameters }) => {
    const all = [...server.plant.ofType('Asset')].filter(
      (item) => !item.archived && (item.scopedTo ?? parameters.scopedTo) === parameters.scopedTo,
    );
    const { part, frame, totalResults } = listPage(all, parameters, '/assets');
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_asset: ({ server, parameters }) => ({ body: common(ofType(server.plant, parameters.id, 'Asset')) }),
  get_workbooks: ({ server, parameters }) => {
    const { part, frame } = listPage([...server.plant.ofType('Workbook')], parameters, '/workbooks');
    return { body: { ...frame, workbooks: part.map(workbookOf) } };
  },
  get_workbook: ({ server, parameters }) => ({ body: workbookOf(ofType(server.plant, parameters.id, 'Workbook')) }),
};
