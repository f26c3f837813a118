/** Worksheets of a workbook, what they show, and their journals, of which the simulated ones have none. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { guidOf } from '../plant/guid.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { ofType } from './find.ts';
import { listPage } from './list.ts';
import { permissions, preview, type Models } from './shapes.ts';

/** A worksheet has one state, which is the current one. */
function workstepIdOf(plant: Plant, worksheet: Item): string {
  return guidOf(plant.name, `workstep:${worksheet.id}`);
}

function worksheetOf(plant: Plant, workbook: Item, item: Item): Models['WorksheetOutputV1'] {
  const workstep = workstepIdOf(plant, item);
  return {
    ...preview(item),
    isDashboard: false,
    workbook: preview(workbook),
    workstep,
    workstepId: workstep,
    effectivePermissions: permissions(item),
  };
}

/** The store of a workstep in which the vendor's client looks for items of a type. */
const STORES: readonly (readonly [end: string, store: string])[] = [
  ['Signal', 'sqTrendSeriesStore'],
  ['Condition', 'sqTrendConditionStore'],
  ['Scalar', 'sqTrendScalarStore'],
  ['Metric', 'sqTrendMetricStore'],
];

/** What a worksheet shows, and the day before now, as the JSON text that a workstep holds. */
function stateOf(plant: Plant, worksheet: Item): string {
  const now = Number(plant.now() / 1_000_000n);
  const range = { start: now - 86_400_000, end: now };
  const lists = STORES.map(([end, store]) => {
    const items = (worksheet.displayed ?? []).filter(({ type }) => type.endsWith(end));
    return [store, { items: items.map(({ id, name }) => ({ id, name })) }] as const;
  });
  const stores = { ...Object.fromEntries(lists), sqDurationStore: { displayRange: range, investigateRange: range } };
  return JSON.stringify({ version: 66, state: { stores } });
}

/** @throws SeeqError 404 */
function worksheetIn(workbook: Item, id: string): Item {
  const sheet = workbook.children.find((item) => item.id === id.toUpperCase());
  if (sheet === undefined) throw new SeeqError(404, `The workbook has no worksheet with ID ${id}`);
  return sheet;
}

export const worksheetHandlers: Handlers = {
  get_worksheets: ({ server, parameters }) => {
    const workbook = ofType(server.plant, parameters.workbookId, 'Workbook');
    const { part, frame } = listPage(workbook.children, parameters, `/workbooks/${workbook.id}/worksheets`);
    return { body: { ...frame, worksheets: part.map((item) => worksheetOf(server.plant, workbook, item)) } };
  },
  get_worksheet: ({ server, parameters }) => {
    const workbook = ofType(server.plant, parameters.workbookId, 'Workbook');
    return { body: worksheetOf(server.plant, workbook, worksheetIn(workbook, parameters.worksheetId)) };
  },
  get_workstep: ({ server, parameters }) => {
    const workbook = ofType(server.plant, parameters.workbookId, 'Workbook');
    const worksheet = worksheetIn(workbook, parameters.worksheetId);
    const id = workstepIdOf(server.plant, worksheet);
    if (parameters.workstepId.toUpperCase() !== id) {
      throw new SeeqError(404, `The worksheet has no workstep with ID ${parameters.workstepId}`);
    }
    const data = stateOf(server.plant, worksheet);
    const permitted = permissions(worksheet);
    return {
      body: { id, name: id, type: 'Workstep', data, worksheet: preview(worksheet), effectivePermissions: permitted },
    };
  },
  get_annotations: ({ parameters }) => {
    const { part, frame } = listPage<Models['AnnotationOutputV1']>([], parameters, '/annotations');
    return { body: { ...frame, items: part } };
  },
};
