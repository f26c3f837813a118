/** Data sources, assets, workbooks and the folders of the caller. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item, ItemType } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { plantItemId } from '../plant/plant.ts';
import { itemOf } from './find.ts';
import { listPage } from './list.ts';
import { common, datasourcePreview, permissions, preview, type Models } from './shapes.ts';

function ofType(plant: Plant, id: string, type: ItemType): Item {
  const item = itemOf(plant, id);
  if (item.type !== type) throw new SeeqError(404, `The item with ID ${id} is not of type ${type}, but ${item.type}`);
  return item;
}

function datasourceOf(item: Item): Models['DatasourceOutputV1'] {
  return {
    ...datasourcePreview(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    storedInSeeq: false,
    cacheEnabled: true,
    effectivePermissions: permissions(item),
  };
}

function workbookOf(item: Item): Models['WorkbookOutputV1'] {
  return {
    ...preview(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    effectivePermissions: permissions(item),
    worksheets: `/api/workbooks/${item.id}/worksheets`,
  };
}

function worksheetOf(workbook: Item, item: Item): Models['WorksheetOutputV1'] {
  return { ...preview(item), isDashboard: false, workbook: preview(workbook), effectivePermissions: permissions(item) };
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
  get_worksheets: ({ server, parameters }) => {
    const workbook = ofType(server.plant, parameters.workbookId, 'Workbook');
    const { part, frame } = listPage(workbook.children, parameters, `/workbooks/${workbook.id}/worksheets`);
    return { body: { ...frame, worksheets: part.map((item) => worksheetOf(workbook, item)) } };
  },
  get_worksheet: ({ server, parameters }) => {
    const workbook = ofType(server.plant, parameters.workbookId, 'Workbook');
    const sheet = workbook.children.find((item) => item.id === parameters.worksheetId.toUpperCase());
    if (sheet === undefined)
      throw new SeeqError(404, `The workbook has no worksheet with ID ${parameters.worksheetId}`);
    return { body: worksheetOf(workbook, sheet) };
  },
  get_folder: ({ server, parameters }) => {
    const { folderId } = parameters;
    const special = folderId === 'mine' || folderId === 'corporate';
    const id = special ? plantItemId(server.plant.name, folderId, 'folder') : folderId;
    const item = ofType(server.plant, id, 'Folder');
    return { body: { ...preview(item), effectivePermissions: permissions(item), ancestors: [] } };
  },
};
