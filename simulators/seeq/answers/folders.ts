/** Folders and their contents. Dates of the simulated documents are fixed, because they are never edited. */
import type { Handlers } from '../http/call.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { plantItemId } from '../plant/plant.ts';
import { ofType } from './find.ts';
import { listPage } from './list.ts';
import { permissions, preview, type Models } from './shapes.ts';

const MADE = '2026-01-01T00:00:00Z';

/** Names of folders that mean a folder of the caller, in `/folders/{id}` and in the parameter of the list. */
const NAMED: Readonly<Record<string, string>> = {
  mine: 'mine',
  corporate: 'corporate',
  OWNER: 'mine',
  CORPORATE: 'corporate',
};

/** A folder by id, or by one of its names. */
function folderOf(plant: Plant, id: string): Item {
  const key = NAMED[id];
  return ofType(plant, key === undefined ? id : plantItemId(plant.name, key, 'folder'), 'Folder');
}

/** In lists of documents a workbook shows which kind it is; the vendor's client looks for this one. */
function kindOf(item: Item): string {
  return item.type === 'Workbook' ? 'Analysis' : item.type;
}

function entryOf(folder: Item | undefined, item: Item): Models['WorkbenchSearchResultPreviewV1'] {
  return {
    id: item.id,
    name: item.name,
    type: kindOf(item),
    isArchived: item.archived,
    createdAt: MADE,
    updatedAt: MADE,
    effectivePermissions: permissions(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.type === 'Workbook' ? { workbookId: item.id } : {}),
    ...(folder === undefined ? {} : { parentFolderId: folder.id }),
    ancestors: folder === undefined ? [] : [preview(folder)],
  };
}

/** Matches as the search fields of a file list do. [Inferred: only the parameter names are attested.] */
function matches(item: Item, text: string | undefined, exact: boolean | undefined): boolean {
  if (text === undefined || text === '') return true;
  return exact === true ? item.name === text : item.name.toLowerCase().includes(text.toLowerCase());
}

export const folderHandlers: Handlers = {
  get_folder: ({ server, parameters }) => {
    const item = folderOf(server.plant, parameters.folderId);
    return {
      body: {
        ...preview(item),
        effectivePermissions: permissions(item),
        ancestors: [],
        createdAt: MADE,
        updatedAt: MADE,
      },
    };
  },
  get_folders: ({ server, parameters: wanted }) => {
    const folder = wanted.folderId === undefined ? undefined : folderOf(server.plant, wanted.folderId);
    const folders = [...server.plant.ofType('Folder')];
    const all =
      folder === undefined
        ? [...folders, ...server.plant.ofType('Workbook')]
        : folder.children.filter((item) => item.type === 'Workbook' || item.type === 'Folder');
    const listed = all.filter(
      (item) =>
        item.archived === (wanted.isArchived ?? false) &&
        (wanted.types === undefined ||
          wanted.types.length === 0 ||
          wanted.types.includes(item.type) ||
          wanted.types.includes(kindOf(item))) &&
        (wanted.ids === undefined || wanted.ids.some((id) => id.toUpperCase() === item.id)) &&
        matches(item, wanted.textSearch, wanted.isExact),
    );
    const { part, frame, totalResults } = listPage(listed, wanted, '/folders');
    const content = part.map((item) =>
      entryOf(
        folders.find((parent) => parent.children.includes(item)),
        item,
      ),
    );
    return { body: { ...frame, totalResults, content, path: folder === undefined ? [] : [preview(folder)] } };
  },
};
