/** Users: the caller, one by id, all, and those whose name begins with what somebody types. */
import type { Call, Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { DIRECTORIES, type Account, type Session } from '../http/sessions.ts';
import { guidOf } from '../plant/guid.ts';
import type { Plant } from '../plant/plant.ts';
import { listPage } from './list.ts';
import type { Models } from './shapes.ts';

/** The simulator knows no e-mail address but a user name that is one. */
export function emailOf(username: string): string {
  return username.includes('@') ? username : '';
}

export function userOf(plant: Plant, account: Account): Models['UserOutputV1'] {
  const email = emailOf(account.name);
  return {
    id: guidOf(plant.name, `user:${account.directory ?? ''}/${account.name}`),
    name: account.name,
    type: 'User',
    username: account.name,
    ...(email === '' ? {} : { email }),
    datasourceName: account.directory ?? DIRECTORIES[0].name,
    isAdmin: false,
    isActive: true,
    isEnabled: account.expired !== true,
    groups: [],
    workbench: '{}',
  };
}

export function identityOf(plant: Plant, account: Account): Models['IdentityPreviewV1'] {
  const { id, name } = userOf(plant, account);
  return { id, name, type: 'User', username: account.name, isEnabled: account.expired !== true, isArchived: false };
}

/** The caller; every operation that uses it needs a session. */
export function callerOf(plant: Plant, session: Session | undefined): Models['UserOutputV1'] {
  if (session === undefined) throw new SeeqError(401, 'There is no valid session; log in first');
  return userOf(plant, session.account);
}

/** Access keys are no users: they represent one, which the simulator does not know. */
function people(call: Pick<Call, 'server'>): Account[] {
  return call.server.sessions.accounts.filter((account) => account.kind === 'user');
}

function contains(text: string | null | undefined, part: string | undefined): boolean {
  return part === undefined || (text ?? '').toLowerCase().includes(part.toLowerCase());
}

export const userHandlers: Handlers = {
  get_me: ({ server, session }) => ({ body: callerOf(server.plant, session) }),
  get_user: ({ server, parameters }) => {
    const user = server.sessions.accounts
      .map((account) => userOf(server.plant, account))
      .find(({ id }) => id === parameters.id.toUpperCase());
    if (user === undefined) throw new SeeqError(404, `The user with ID ${parameters.id} could not be found`);
    return { body: user };
  },
  get_users: (call) => {
    const { parameters: wanted } = call;
    const all = people(call)
      .map((account) => userOf(call.server.plant, account))
      .filter(
        (user) =>
          contains(user.username, wanted.usernameSearch) &&
          contains(user.email, wanted.emailSearch) &&
          contains(user.firstName, wanted.firstNameSearch) &&
          contains(user.lastName, wanted.lastNameSearch) &&
          contains(user.datasourceName, wanted.datasourceNameSearch) &&
          wanted.isAdmin !== true &&
          (wanted.isEnabled ?? user.isEnabled) === user.isEnabled,
      );
    const { part, frame, totalResults } = listPage(all, wanted, '/users');
    return { body: { ...frame, totalResults, users: part } };
  },
  autocomplete_users_and_groups: (call) => {
    const { query } = call.parameters;
    const all = people(call).filter((account) => account.name.toLowerCase().startsWith(query.toLowerCase()));
    const path = `/users/autocomplete/${encodeURIComponent(query)}`;
    const { part, frame, totalResults } = listPage(all, call.parameters, path);
    return { body: { ...frame, totalResults, items: part.map((account) => identityOf(call.server.plant, account)) } };
  },
};
