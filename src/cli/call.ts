/** `iota-seeqdrv call`: sends any request to a running driver, over the bus like every caller. */
import { type Answer, IncompleteResponse } from '../client/answer.ts';
import { hosts } from '../contract/functions/general.ts';
import { type Request, requestSchema } from '../contract/request.ts';
import { explainInvalid } from '../contract/problems.ts';
import { validate } from '../contract/validation.ts';
import type { CallerOptions } from './caller-options.ts';
import { callParams } from './call-params.ts';
import { type Driver, withDriver } from './connect.ts';
import { printable, printableJson } from './output/printable.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The options of the command line. */
export interface CallCommandOptions extends CallerOptions {
  host?: string[];
  param?: string[];
  timeout?: number;
  compact?: boolean;
}

/** Prints the answer. The exit code shows whether it is complete. */
export async function call(
  name: string,
  text: string | undefined,
  options: CallCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const request = await requestOf(name, text, options, terminal);
  if (request === undefined) return exitCodes.usage;
  return withDriver(options, 'call', terminal, async (driver) => {
    const { error, ...result } = await (options.compact === true ? printItems : printAnswer)(driver, request, terminal);
    if (error) terminal.err(printable(`${error.code}: ${error.message}`));
    return exitCodeOf(name, result);
  });
}

/** What the exit code follows from. */
interface Result {
  readonly status: Answer['status'];
  /** Whether every server of `hosts` is up. */
  readonly allUp: boolean;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

/** Prints the whole answer, with joined series. */
async function printAnswer({ client, signal }: Driver, request: Request, terminal: Terminal): Promise<Result> {
  const answer = await client.request(request, { signal });
  terminal.out(printableJson(answer, 2));
  return { status: answer.status, allUp: answer.items.every(isUp), error: answer.error };
}

/** Prints the items as they arrive, so memory does not grow with the answer. */
async function printItems({ client, signal }: Driver, request: Request, terminal: Terminal): Promise<Result> {
  let allUp = true;
  for await (const { items, last, status, error } of client.requestStream(request, { signal })) {
    for (const item of items) {
      allUp &&= isUp(item as object);
      terminal.out(printableJson(item));
      const room = terminal.drained?.();
      if (room !== undefined) await room;
    }
    if (last) return { status, allUp, error };
  }
  throw new IncompleteResponse('The answer ended without a last message.');
}

const isUp = (item: object): boolean => 'state' in item && item.state === 'up';

/** The request. Undefined, with an error on the terminal, if it is not valid. */
async function requestOf(
  name: string,
  text: string | undefined,
  { host, timeout, param = [] }: CallCommandOptions,
  terminal: Terminal,
): Promise<Request | undefined> {
  try {
    const request = validate(requestSchema, {
      function: name,
      params: await callParams(name, text, param, terminal),
      keepAlive: true,
      ...(host ? { host } : {}),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    });
    if (request.ok) return request.data;
    terminal.err(explainInvalid(request, 'The request', { noun: 'field' }).text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(error.message);
  }
  return undefined;
}

function exitCodeOf(name: string, { status, allUp }: Result): ExitCode {
  if (status === 'error') return exitCodes.failure;
  if (status === 'partial') return exitCodes.partial;
  return name === hosts.name && !allUp ? exitCodes.serverDown : exitCodes.ok;
}
