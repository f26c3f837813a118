/** Groups of users, and who may do what with an item. Every user may read, none may write. */
import type { Handlers, Server } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { guidOf } from '../plant/guid.ts';
import type { Item } from '../plant/item.ts';
import { itemOf } from './find.ts';
import { listPage } from './list.ts';
import type { Models } from './shapes.ts';
import { identityOf } from './users.ts';

/** The group that everybody is in, and one of the operators. */
const GROUPS = ['Everyone', 'Operators'] as const;

function groupOf({ plant }: Server, name: string): Models['IdentityPreviewV1'] {
  const id = guidOf(plant.name, `group:${name}`);
  return { id, name, type: 'UserGroup', isEnabled: true, isArchived: false, isRedacted: false };
}

function membersOf(server: Server, group: string): Models['IdentityPreviewV1'][] {
  return server.sessions.accounts
    .filter(({ kind, directory }) => kind === 'user' && (group === 'Everyone' || directory !== undefined))
    .map((account) => identityOf(server.plant, account));
}

/** One entry for everybody; a redacted item gives nothing to them. */
function entriesOf(server: Server, item: Item): Models['AceOutputV1'][] {
  const identity = groupOf(server, 'Everyone');
  return [
    {
      id: guidOf(server.plant.name, `ace:${item.id}`),
      identity,
      permissions: { read: !item.redacted, write: false, manage: false },
    },
  ];
}

export const accessHandlers: Handlers = {
  get_access_control: ({ server, parameters }) => ({
    body: {
      entries: entriesOf(server, itemOf(server.plant, parameters.id)),
      permissionsInheritanceDisabled: false,
      permissionsManagedByDatasource: false,
    },
  }),
  get_user_groups: ({ server, parameters: wanted }) => {
    const text = wanted.nameSearch?.toLowerCase() ?? '';
    const all = GROUPS.filter((name) => name.toLowerCase().includes(text)).map((name) => groupOf(server, name));
    const { part, frame, totalResults } = listPage(wanted.isEnabled === false ? [] : all, wanted, '/usergroups');
    return { body: { ...frame, totalResults, items: part } };
  },
  get_user_group: ({ server, parameters }) => {
    const id = parameters.userGroupId.toUpperCase();
    const name = GROUPS.find((one) => groupOf(server, one).id === id);
    if (name === undefined) throw new SeeqError(404, `The group with ID ${id} could not be found`);
    const members = parameters.includeMembers === false ? {} : { members: membersOf(server, name) };
    return { body: { id, name, type: 'UserGroup', isEnabled: true, isArchived: false, isRedacted: false, ...members } };
  },
};
