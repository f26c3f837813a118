/** The REST side: which call it is, who makes it, and the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Account, Accounts } from './accounts.ts';
import type { Behaviour } from './behaviour.ts';
import { onlyKnown, readJson, readQuery, Refusal, single, type Query } from './query.ts';
import { log, status } from './values.ts';
import type { Installation, Thing, Inventory } from './inventory.ts';

/** A call as it was seen. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
  /** Undefined where no answer was given. */
  status: number | undefined;
  /** The answer was compressed. */
  gzip: boolean;
}

export interface RestParts {
  readonly inventory: Inventory;
  readonly accounts: Accounts;
  readonly behaviour: Behaviour;
  readonly seen: SeenCall[];
  /** Counts the calls that may have fault. */
  readonly faulty: { sum: number };
}

interface Call {
  readonly method: string;
  readonly query: Query;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** Calls that are remembered. */
const KEPT_CALLS = 5000;
const LONGEST_BODY = 4 * 1024 * 1024;

/** The listener of the HTTP server. */
export function restListener(parts: RestParts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(parts, request, response).catch(() => response.destroy());
  };
}

async function answer(parts: RestParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { behaviour, seen } = parts;
  const [path, search] = splitOnce(request.url ?? '/', '?');
  const call: SeenCall = {
    method: request.method ?? 'GET',
    ...{ path, search, status: undefined, gzip: false },
    authorization: request.headers.authorization,
    apiKey: request.headers['x-api-key'] as string | undefined,
  };
  if (seen.push(call) > KEPT_CALLS) seen.shift();
  const fault = path.includes(behaviour.faultPath) && isFaulty(parts) ? behaviour.fault : 'none';
  if (fault === 'down') {
    request.socket.resetAndDestroy();
    return;
  }
  const body = await readBody(request);
  if (fault === 'hang') return;
  const give = async (code: number, type: string, text: string): Promise<void> => {
    // The answer is made before, so that it does not hold what happens meanwhile.
    if (behaviour.latencyMs > 0) await pause(behaviour.latencyMs);
    call.status = code;
    const date = new Date(Date.now() + behaviour.clockAheadMs).toUTCString();
    call.gzip = behaviour.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding']));
    const bytes = call.gzip ? gzipSync(text) : Buffer.from(text);
    response.writeHead(code, {
      ...{ 'content-type': type, 'content-length': bytes.length, date },
      ...(call.gzip ? { 'content-encoding': 'gzip' } : {}),
      ...(code === 200 || behaviour.retryAfter === '' ? {} : { 'retry-after': behaviour.retryAfter }),
    });
    if (fault === 'half') response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
    else response.end(bytes);
  };
  if (fault === 'busy' || fault === 'restarting') {
    const [status, message] = fault === 'busy' ? [429, 'Too Many Requests'] : [503, 'Service Unavailable'];
    await give(status, 'application/json', JSON.stringify({ message }));
    return;
  }
  if (fault === 'page') {
    await give(502, 'text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>');
    return;
  }
  if (fault === 'noRoute') {
    await give(404, 'text/html', '<html><body><h1>404 Not Found</h1></body></html>');
    return;
  }
  let done: readonly [code: number, text: string];
  try {
    if ((request.url ?? '').length > behaviour.longestUrl) throw new Refusal(behaviour.tooLong, 'Too Long');
    const query = readQuery(search);
    const text = JSON.stringify(perform(parts, path, { method: call.method, query, body, headers: request.headers }));
    done = [200, fault === 'garbage' ? text.slice(0, text.length / 2) : text];
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, `The simulator failed: ${String(error)}`);
    done = [refusal.status, JSON.stringify(refusal.body)];
  }
  await give(done[0], 'application/json', done[1]);
}

function isFaulty({ behaviour, faulty }: RestParts): boolean {
  faulty.sum += behaviour.faultShare;
  if (faulty.sum < 1) return false;
  faulty.sum -= 1;
  return true;
}

function perform(parts: RestParts, path: string, call: Call): unknown {
  const { inventory, accounts } = parts;
  if (path === '/api/v2/auth') return login(parts, call);
  if (path === '/api/v2/oauth2/token') return token(accounts, call);
  const account = accounts.ofRequest(call.headers);
  if (account === undefined) throw unauthorized();
  const mine = inventory.installations.filter(({ client_id }) => account.installations.includes(client_id));
  if (path === '/api/v2/ping') return only(call, 'GET', () => ({ message: 'pong' }));
  if (path === '/api/v2/installationinfo') return only(call, 'GET', () => mine.map((one) => infoOf(one, account)));
  const [, place = '', number = ''] =
    /^\/api\/(v2\/installationinfo|v2\/functionx|v2\/devicex|v2\/status|v3beta\/log)\/(\d+)$/.exec(path) ?? [];
  if (place === '') throw new Refusal(404, 'Not Found');
  if (place === 'v2/installationinfo') {
    const found = mine.find(({ client_id }) => client_id === Number(number));
    if (found === undefined) throw new Refusal(404, 'Not Found');
    return only(call, 'GET', () => infoOf(found, account));
  }
  const installation = mine.find(({ id }) => id === Number(number));
  if (installation === undefined) throw new Refusal(403, 'Forbidden');
  if (place === 'v2/functionx') return only(call, 'GET', () => filtered(installation.functions, call.query));
  if (place === 'v2/devicex') return only(call, 'GET', () => filtered(installation.devices, call.query));
  const topics = wantedTopics(parts, call);
  return place === 'v2/status'
    ? status(inventory, installation, topics, call.query)
    : log(inventory, installation, topics, call.query, parts.behaviour);
}

function login({ accounts, behaviour }: RestParts, { method, headers, body }: Call): unknown {
  switch (method) {
    case 'POST': {
      const issued = accounts.logIn(headers);
      if (issued === undefined) throw unauthorized();
      return { token: issued.token, ...(issued.challenge ? { [behaviour.nextStepName]: 'smslogin' } : {}) };
    }
    case 'PUT': {
      const given = readJson(body) as { challenge?: unknown } | null;
      const token = accounts.answerChallenge(headers, given?.challenge);
      if (token === undefined) throw unauthorized();
      return { token };
    }
    case 'DELETE':
      if (!accounts.logOut(headers)) throw unauthorized();
      return { message: 'OK' };
    default:
      throw new Refusal(405, 'Method Not Allowed');
  }
}

function token(accounts: Accounts, { method, headers, body }: Call): unknown {
  if (method !== 'POST') throw new Refusal(405, 'Method Not Allowed');
  const refuse = (status: number, error: string) => new Refusal(status, error, { error, error_description: 'Refused' });
  if (!/^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? ''))
    throw refuse(400, 'invalid_request');
  const given = new URLSearchParams(body);
  if (given.get('grant_type') !== 'refresh_token') throw refuse(400, 'unsupported_grant_type');
  const issued = accounts.refresh(headers, given.get('refresh_token') ?? '');
  if (issued === undefined) throw refuse(401, 'invalid_client');
  if (issued === null) throw refuse(400, 'invalid_grant');
  const { lifeSeconds, ...tokens } = issued;
  return { ...tokens, token_type: 'bearer', expires_in: lifeSeconds, scope: 'openid' };
}

/** From the query of a GET, from the body of a POST. */
function wantedTopics({ behaviour }: RestParts, { method, query, body }: Call): readonly string[] | undefined {
  if (method === 'GET') return query.get('topics');
  if (method !== 'POST' || behaviour.old) throw new Refusal(405, 'Method Not Allowed');
  const topics = readJson(body);
  if (!Array.isArray(topics) || topics.some((topic) => typeof topic !== 'string')) {
    throw new Refusal(400, 'The body must be a list of topics');
  }
  return topics as string[];
}

/** Conditions on the type and on the metadata; all must hold. */
function filtered(things: readonly Thing[], query: Query): Thing[] {
  return things.filter(({ type, meta }) =>
    [...query.keys()].every((key) => single(query, key) === (key === 'type' ? type : meta[key])),
  );
}

function infoOf({ id, name, client_id, organization_id }: Installation, account: Account) {
  const assigned = account.installations.includes(client_id);
  return {
    ...{ id, name, client_id, organization_id, assigned },
    capabilities: ['mqtt'],
    timezone: 'Europe/Stockholm',
  };
}

function only(call: Call, method: string, give: () => unknown): unknown {
  if (call.method !== method) throw new Refusal(405, 'Method Not Allowed');
  onlyKnown(call.query, [...call.query.keys()]);
  return give();
}

const unauthorized = (): Refusal => new Refusal(401, 'Unauthorized');

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error('The body is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
