/** Directories, sessions and the user of a session. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { DIRECTORIES, type Account, type Session } from '../http/sessions.ts';
import { guidOf } from '../plant/guid.ts';
import type { Plant } from '../plant/plant.ts';
import type { Models } from './shapes.ts';

export function userOf(plant: Plant, account: Account): Models['UserOutputV1'] {
  return {
    id: guidOf(plant.name, `user:${account.directory ?? ''}/${account.name}`),
    name: account.name,
    type: 'User',
    username: account.name,
    datasourceName: account.directory ?? DIRECTORIES[0].name,
    isAdmin: false,
    isActive: true,
    isEnabled: true,
    groups: [],
    workbench: '{}',
  };
}

/** The caller; every operation that uses it needs a session. */
export function callerOf(plant: Plant, session: Session | undefined): Models['UserOutputV1'] {
  if (session === undefined) throw new SeeqError(401, 'There is no valid session; log in first');
  return userOf(plant, session.account);
}

export const authHandlers: Handlers = {
  get_auth_providers: ({ server }) => ({
    body: {
      authProviders: DIRECTORIES.map((directory) => ({
        id: guidOf(server.plant.name, `directory:${directory.name}`),
        name: directory.name,
        type: 'Datasource',
        datasourceClass: directory.datasourceClass,
        datasourceId: directory.datasourceId,
        isArchived: false,
        storedInSeeq: directory === DIRECTORIES[0],
      })),
    },
  }),
  login: ({ server, body }) => {
    const { session, token } = server.sessions.login(body);
    return {
      body: userOf(server.plant, session.account),
      headers: {
        'x-sq-auth': token,
        'x-sq-csrf': session.csrf,
        'set-cookie': `sq-auth=${token}; Path=/; HttpOnly; SameSite=Lax`,
      },
    };
  },
  logout: ({ server, token }) => {
    if (token !== undefined) server.sessions.logout(token);
    return {};
  },
  get_csrf: ({ session }) => ({ headers: { 'x-sq-csrf': session?.csrf ?? '' } }),
  get_me: ({ server, session }) => ({ body: callerOf(server.plant, session) }),
};
