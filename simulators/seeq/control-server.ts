/**
 * The control address: plain JSON over HTTP on a port of its own, which is no part of the Seeq API.
 *
 * `GET|PATCH /behaviour`, `GET|POST|DELETE /faults`, `GET|DELETE /requests`, `DELETE /sessions`, `GET /plant`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { FAULT_SCHEMA, BEHAVIOUR_SCHEMA, type ControlParts, type SimulatorControl } from './control.ts';
import { readBody } from './http/body.ts';
import { SeeqError } from './http/errors.ts';
import type { Fault, Behaviour } from './behaviour.ts';

export function controlServer(control: SimulatorControl, faults: ControlParts['faults']): Server {
  return createServer((request, response) => {
    answer(control, faults, request)
      .then((body) => {
        reply(response, 200, body ?? {});
      })
      .catch((error: unknown) => {
        const status = error instanceof SeeqError ? error.status : 400;
        const message =
          error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
        reply(response, status, { message });
      });
  });
}

async function answer(
  control: SimulatorControl,
  faults: ControlParts['faults'],
  request: IncomingMessage,
): Promise<unknown> {
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /behaviour':
      return control.behaviour();
    case 'PATCH /behaviour':
      // The schema drops nothing and adds nothing, so what it lets pass is a set of behaviour.
      return control.set(BEHAVIOUR_SCHEMA.parse(await readBody(request)) as Partial<Behaviour>);
    case 'GET /faults':
      return faults.list();
    case 'POST /faults':
      return control.fail(FAULT_SCHEMA.parse(await readBody(request)) as Fault);
    case 'DELETE /faults':
      return control.heal();
    case 'GET /requests':
      return control.requests();
    case 'DELETE /requests':
      return control.clearRequests();
    case 'DELETE /sessions':
      return control.voidTokens();
    case 'GET /plant':
      return control.plant();
    default:
      throw new SeeqError(404, 'The control address has /behaviour, /faults, /requests, /sessions and /plant');
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
