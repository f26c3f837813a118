/** Directories and sessions. */
import type { Handlers } from '../http/call.ts';
import { DIRECTORIES } from '../http/sessions.ts';
import { guidOf } from '../plant/guid.ts';
import { userOf } from './users.ts';

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
};
