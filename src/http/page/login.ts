/** The log-in form of the page. The token travels in the body of a form only, and the cookie holds no token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../guard.ts';
import { FormError, readForm, type Route } from '../route.ts';
import { sendText } from '../send.ts';
import { html } from './markup.ts';

/** Path of the log-in form. */
export const LOGIN_PATH = '/login';
const LOGOUT_PATH = '/logout';

export interface LoginOptions {
  readonly guard: Pick<Guard, 'logIn' | 'logOut' | 'hasLogin'>;
  /** Sends the page with the form. */
  readonly send: (request: IncomingMessage, response: ServerResponse, content: ReturnType<typeof html>) => void;
}

/** The routes of the log-in. They are public, and show nothing of the driver. */
export function loginRoutes({ guard, send }: LoginOptions): Route[] {
  const form = (request: IncomingMessage, response: ServerResponse, problem?: string): void => {
    send(request, response, formOf(guard.hasLogin, problem));
  };
  const logIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = await sentToken(request, response);
    if (token === undefined) return;
    const cookie = await guard.logIn(token);
    if (cookie === undefined) {
      response.statusCode = 401;
      form(request, response, 'The token is wrong.');
      return;
    }
    response.setHeader('Set-Cookie', cookie);
    redirect(response, '/');
  };
  const logOut = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    if (isOwnForm(request)) response.setHeader('Set-Cookie', guard.logOut());
    redirect(response, LOGIN_PATH);
  };
  return [
    {
      ...{ path: LOGIN_PATH, access: 'public' },
      handle: (request, response) => {
        form(request, response);
      },
    },
    { path: LOGIN_PATH, method: 'POST', access: 'public', handle: logIn },
    { path: LOGOUT_PATH, method: 'POST', access: 'public', handle: logOut },
  ];
}

const formOf = (hasLogin: boolean, problem: string | undefined) =>
  html`<h1>Log in</h1>
    ${problem === undefined ? '' : html`<p role="alert" class="panel bad">${problem}</p>`}
    ${
      hasLogin
        ? html`<form class="ask" method="post" action="${LOGIN_PATH}">
            <label for="token"
              >Token (settings.http.token of the driver)
              <input
                id="token"
                name="token"
                type="password"
                autocomplete="current-password"
                required
                maxlength="1024" /></label
            ><button>Log in</button>
          </form>`
        : html`<p>No token is configured: add settings.http.token, or come through the proxy that logs users in.</p>`
    }`;

/** The token in the form. Undefined if the request was answered with an error. */
async function sentToken(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  if (!isOwnForm(request)) {
    request.resume();
    sendText(response, 403, 'The form must be sent from this page.\n');
    return undefined;
  }
  try {
    return ((await readForm(request)).get('token') ?? '').trim();
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    response.setHeader('Connection', 'close');
    sendText(response, 400, `${error.message}\n`);
    return undefined;
  }
}

/** Another website must not log a browser in or out. Browsers state the website of a form. */
function isOwnForm({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || URL.parse(origin)?.host === host;
}

function redirect(response: ServerResponse, path: string): void {
  response.statusCode = 303;
  response.setHeader('Location', path);
  response.setHeader('Content-Length', 0);
  response.end();
}
