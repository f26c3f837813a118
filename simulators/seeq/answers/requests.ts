/**
 * Requests that are running now, and their cancellation. A caller sees and cancels its own alone. [Inferred: who sees
 * whose requests is not public.]
 */
import type { Call, Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { ActiveRequest } from '../http/running.ts';
import type { Models } from './shapes.ts';
import { emailOf } from './users.ts';

function requestOf(running: ActiveRequest): Models['RequestOutputV1'] {
  const parameters: Record<string, string[]> = {};
  for (const name of running.query.keys()) parameters[name] = running.query.getAll(name);
  const username = (running.user ?? '').split('/').slice(1).join('/');
  return {
    href: `/api/requests/${running.id}`,
    requestMethod: running.method,
    requestPath: running.path,
    parameters,
    // Nanoseconds, as a number that is exact for the first hundred days.
    runDuration: Math.round((performance.now() - running.started) * 1_000_000),
    parallelizationCount: 1,
    username,
    userEmail: emailOf(username),
  };
}

function own(call: Pick<Call, 'server' | 'running'>): ActiveRequest[] {
  return call.server.running.list().filter((running) => running.user === call.running.user);
}

/** @throws SeeqError 404 for one that has ended, that never was or that is another user's [inferred] */
function ownById(call: Pick<Call, 'server' | 'running'>, id: string): ActiveRequest {
  const found = own(call).find((running) => running.id === id.toUpperCase());
  if (found === undefined) throw new SeeqError(404, `There is no running request with ID ${id}`);
  return found;
}

export const requestHandlers: Handlers = {
  get_requests: (call) => ({
    body: { requests: own(call).slice(0, call.parameters.limit).map(requestOf) },
  }),
  get_request: (call) => ({ body: { request: requestOf(ownById(call, call.parameters.requestId)) } }),
  cancel_request: (call) => {
    call.server.running.cancel(ownById(call, call.parameters.requestId));
    return { body: { statusMessage: 'The request was cancelled' } };
  },
  cancel_my_requests: (call) => {
    const others = own(call).filter((running) => running !== call.running);
    for (const running of others) call.server.running.cancel(running);
    return { body: { statusMessage: `${others.length} requests were cancelled` } };
  },
  // How a request names its interactive session is not public, so none of the requests here has named one.
  cancel_my_requests_by_session_id: ({ parameters }) => ({
    body: { statusMessage: `0 requests of the session ${parameters.sessionId} were cancelled` },
  }),
};
