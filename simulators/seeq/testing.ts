/** What the tests of the simulator share: a plain HTTP caller that checks every answer against the description. */
import { request } from 'undici';
import { faultsOfAnswer, matchOperation, MEDIA_TYPE } from './http/description.ts';
import { DEFAULT_ACCOUNTS, type Account } from './http/sessions.ts';
import { plantItemId } from './plant/plant.ts';

/** A time at which the plant of the tests ends: 2026-05-20, 10:30 UTC, in the middle of a shift. */
export const NOW = Date.UTC(2026, 4, 20, 10, 30);

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Parsed; undefined for an empty or unreadable body. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly body?: unknown;
  /** Instead of the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type Caller = (path: string, options?: CallOptions) => Promise<Answer>;

/** One call; the path is below `/api`. A successful answer that the description does not allow is an error. */
export async function call(url: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', query = {}, body } = options;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(name, each);
  }
  const tail = search.size === 0 ? '' : `?${search.toString()}`;
  const answer = await request(`${url}/api${path}${tail}`, {
    method,
    headers: options.headers ?? { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  const parsed = parseJson(text);
  if (answer.statusCode === 200) {
    const { operation } = matchOperation(method, (path.split('?')[0] ?? '').slice(1).split('/'));
    const faults = faultsOfAnswer(operation.id, parsed);
    if (faults.length > 0)
      throw new Error(`${operation.id} answered what it must not: ${faults.join('; ')}\n${text.slice(0, 500)}`);
  }
  return { status: answer.statusCode, text, body: parsed, headers: answer.headers };
}

export const [USER, DIRECTORY_USER, ACCESS_KEY] = DEFAULT_ACCOUNTS;

type Login = Pick<Account, 'name' | 'password'>;

/** Logs in and returns the token. @param provider class and id of a directory other than the built-in one */
export async function login(url: string, account: Login = USER, provider: object = {}): Promise<string> {
  const answer = await call(url, '/auth/login', {
    method: 'POST',
    body: { username: account.name, password: account.password, ...provider },
  });
  const token = answer.headers['x-sq-auth'];
  if (typeof token !== 'string') throw new Error(`no token: ${answer.text}`);
  return token;
}

export function headersWith(token: string): Record<string, string> {
  return { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'x-sq-auth': token };
}

/** A caller with a session. */
export async function caller(url: string, account?: Login, provider?: object): Promise<Caller> {
  const headers = headersWith(await login(url, account, provider));
  return async (path, options = {}) => call(url, path, { headers, ...options });
}

/** Id of an item of the default plant by its path. */
export function idOf(path: string, kind?: string): string {
  return plantItemId('Example', path, kind);
}

export const SIGNALS = 'Special Cases >> Signals';
export const CONDITIONS = 'Special Cases >> Conditions';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
