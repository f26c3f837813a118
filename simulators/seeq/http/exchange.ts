/**
 * One request from its first byte to its log entry: which operation, may it, is it well formed, what goes wrong with
 * it on purpose, and the answer. Whatever happens, the caller gets an error body in Seeq's shape, never silence.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Work } from '../algebra/work.ts';
import type { Fault, Behaviour } from '../behaviour.ts';
import { noise } from '../series/noise.ts';
import { readBody } from './body.ts';
import { isRefusal, sendBroken } from './broken.ts';
import type { Call, Handlers, Reply, Server } from './call.ts';
import { checkBody, matchOperation, MEDIA_TYPE, readParameters, type Operation } from './description.ts';
import { SeeqError } from './errors.ts';
import type { Faults } from './faults.ts';
import { checkMediaTypes } from './media.ts';
import { withNulls } from './nulls.ts';
import type { RequestLog } from './request-log.ts';
import type { ActiveRequest } from './running.ts';
import { telemetryOf } from './telemetry.ts';
import { send, type Outgoing } from './write.ts';

export interface ExchangeParts {
  readonly server: Server;
  readonly behaviour: Behaviour;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly handlers: Handlers;
}

const BASE = '/api/';
/** Parameters that choose the page of an answer, not the answer. */
const PAGE_PARAMETERS = ['continuationToken', 'limit', 'offset'];

/** The listener of the HTTP server. */
export function exchange(parts: ExchangeParts): (request: IncomingMessage, response: ServerResponse) => void {
  let count = 0;
  return (request, response) => {
    if (parts.behaviour.down) {
      request.socket.resetAndDestroy();
      return;
    }
    count += 1;
    void answer(parts, request, response, count).catch(() => response.destroy());
  };
}

async function answer(
  parts: ExchangeParts,
  request: IncomingMessage,
  response: ServerResponse,
  count: number,
): Promise<void> {
  const { server, behaviour, log } = parts;
  const method = request.method ?? 'GET';
  const [path, search] = splitOnce(request.url ?? '/', '?');
  const query = new URLSearchParams(search);
  // Known before anything can delay the request, so that one that hangs can be found and cancelled by its user.
  const user = server.sessions.userOf(request.headers);
  const running = server.running.begin(method, path, query, user);
  const entry = log.begin(method, path, search, request.headers);
  response.on('close', () => {
    // After a whole answer the caller no longer listens.
    if (!response.writableFinished) running.abort.abort();
    server.running.end(running);
    log.end(entry, response);
  });
  let outgoing: Outgoing;
  let fault: Fault | undefined;
  try {
    const found = find(method, path);
    entry.operation = found.operation.id;
    fault = parts.faults.take(found.operation.id, path);
    await delay(behaviour, fault, count, running.abort.signal);
    if (fault?.kind === 'hang') await parts.faults.hang(running.abort.signal);
    running.abort.signal.throwIfAborted();
    // A refused call has no effect: no log-in, no new token, no header of the good answer.
    if (fault !== undefined && isRefusal(fault)) outgoing = { status: 200, headers: {}, text: [] };
    else {
      const good = await perform(parts, request, found, query, running, count);
      outgoing = { ...good, headers: { ...telemetryOf(running), ...good.headers } };
    }
  } catch (error) {
    outgoing = refusal(error);
  }
  try {
    const broken = fault === undefined || fault.kind === 'latency' || fault.kind === 'hang' ? undefined : fault;
    if (broken === undefined) await send(response, outgoing, running.abort.signal);
    else await sendBroken(response, outgoing, running.abort.signal, broken);
  } catch (error) {
    // Answers are written while they are made, so that one may fail, or be cancelled, in the middle.
    if (response.headersSent || response.destroyed) response.destroy();
    else await send(response, refusal(error), new AbortController().signal);
  }
}

interface Found {
  readonly operation: Operation;
  readonly path: Record<string, string>;
}

function find(method: string, path: string): Found {
  if (!path.startsWith(BASE)) throw new SeeqError(404, 'There is nothing here; the API begins at /api');
  return matchOperation(method, path.slice(BASE.length).split('/'));
}

async function perform(
  parts: ExchangeParts,
  request: IncomingMessage,
  { operation, path }: Found,
  query: URLSearchParams,
  running: ActiveRequest,
  count: number,
): Promise<Outgoing> {
  const { server, behaviour } = parts;
  checkMediaTypes(request.headers, operation.body !== undefined);
  const caller = operation.open ? undefined : server.sessions.of(request.headers);
  const strictness = { release: server.release, refuseUnknown: behaviour.refuseUnknownParameters };
  const parameters = readParameters(operation, path, query, strictness);
  const body = operation.body === undefined ? undefined : await readBody(request);
  checkBody(operation, body, strictness);
  const handler = parts.handlers[operation.id] as ((call: Call) => Reply<unknown>) | undefined;
  if (handler === undefined) throw new SeeqError(501, `The simulator does not do ${operation.id}`);
  const nulls = behaviour.absent === 'null' || (behaviour.absent === 'mixed' && count % 2 === 0);
  const call = {
    server,
    parameters,
    body,
    session: caller?.session,
    token: caller?.token,
    running,
    nulls,
    address: addressOf(path, operation, query),
    // The description has checked parameters and body, so they have the types that the operation declares.
  } as unknown as Call;
  const reply = handler(call);
  const headers = { ...reply.headers };
  if (operation.id === 'login' && behaviour.identityPath !== '' && server.release >= 63) {
    headers['x-sq-identity-path'] = behaviour.identityPath;
  }
  if (caller !== undefined && behaviour.rotateToken && operation.id !== 'logout') {
    headers['x-sq-auth'] = server.sessions.issue(caller.session);
    if (behaviour.rotateVoidsOld) server.sessions.logout(caller.token);
  }
  if (reply.text !== undefined) return { status: 200, headers, text: reply.text };
  const { answer: schema } = operation;
  const { body: whole, work } = reply;
  if (schema === undefined || (whole === undefined && work === undefined)) return { status: 200, headers, text: [] };
  const textOf = (value: unknown): string => JSON.stringify(nulls ? withNulls(schema, value) : value);
  return { status: 200, headers, text: work === undefined ? [textOf(whole)] : worked(work, textOf) };
}

/** Nothing at each step of the work, then the text of what it makes. */
function* worked(work: Work<unknown>, textOf: (value: unknown) => string): Generator<string> {
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      yield textOf(step.value);
      return;
    }
    yield '';
  }
}

function refusal(error: unknown): Outgoing {
  const known = error instanceof SeeqError ? error : new SeeqError(500, `The simulator failed: ${String(error)}`);
  return { status: known.status, headers: {}, text: [JSON.stringify(known.body())] };
}

async function delay(
  behaviour: Behaviour,
  fault: Fault | undefined,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const ms = behaviour.latencyMs + behaviour.jitterMs * noise(2, count) + (fault?.kind === 'latency' ? fault.ms : 0);
  if (ms > 0) await pause(ms, undefined, { signal }).catch(() => undefined);
}

function addressOf(path: Readonly<Record<string, string>>, operation: Operation, query: URLSearchParams): string {
  const rest = [...query]
    .filter(([name]) => !PAGE_PARAMETERS.includes(name))
    .map(([name, value]) => `${name}=${value}`);
  return `${operation.id} ${JSON.stringify(path)} ${rest.sort().join('&')}`;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** What an HTTP parser error gets; the connection cannot be used any further. */
export function badRequest(): string {
  const body = JSON.stringify({ statusMessage: 'This is not a valid HTTP request' });
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 400 Bad Request\r\ncontent-type: ${MEDIA_TYPE}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`;
}
