/** `iota-seeqdrv call`: sends any request to a running driver, over the bus like every caller. */
import type { Answer } from '../client/answer.ts';
import { createClient } from '../client/client.ts';
import { hosts } from '../contract/functions/general.ts';
import { requestSchema } from '../contract/request.ts';
import { explainInvalid } from '../contract/problems.ts';
import { validate } from '../contract/validation.ts';
import { jsonMistake } from '../lib/json.ts';
import { callerOf, type CallerOptions } from './caller-options.ts';
import { connectCaller, firstConnection } from './connect.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface CallCommandOptions extends CallerOptions {
  host?: string[];
  timeout?: number;
  compact?: boolean;
}

/** Prints the answer. The exit code shows whether it is complete. */
export async function call(
  name: string,
  text: string,
  options: CallCommandOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const params = readParams(text, terminal);
  const caller = params && (await callerOf(options, terminal));
  if (caller === undefined) return exitCodes.usage;
  const request = validate(requestSchema, {
    function: name,
    params,
    keepAlive: true,
    ...(options.host ? { host: options.host } : {}),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
  });
  if (!request.ok) {
    terminal.err(explainInvalid(request, 'The request', { noun: 'field' }).text);
    return exitCodes.usage;
  }
  const { topic, inboxPrefix } = caller;
  const { bus, denied } = connectCaller(caller, 'iota-seeqdrv call', terminal);
  try {
    const connection = await firstConnection(bus);
    const client = createClient(connection, { topic, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) });
    const asked = client.request(request.data);
    // A permission error of the server is the better reason, and the only one that arrives without a wait.
    asked.catch(() => undefined);
    const answer = await Promise.race([denied, asked.catch((error: unknown) => afterDenial(denied, error))]);
    if (options.compact) for (const item of answer.items) terminal.out(JSON.stringify(item));
    else terminal.out(JSON.stringify(answer, undefined, 2));
    if (answer.error) terminal.err(`${answer.error.code}: ${answer.error.message}`);
    return exitCodeOf(answer);
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    return exitCodes.failure;
  } finally {
    await bus.close();
  }
}

/** The parameters. Undefined, with an error on the terminal, if they are not a JSON object. */
function readParams(text: string, terminal: Terminal): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    terminal.err(`error: the parameters are not JSON: ${jsonMistake(text)}.`);
    return undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  terminal.err('error: the parameters must be a JSON object, such as \'{"query":"Temp*"}\'.');
  return undefined;
}

/** The client reports a refused subscription at the same moment, with less detail. */
async function afterDenial(denied: Promise<never>, error: unknown): Promise<never> {
  await Promise.race([denied, new Promise(setImmediate)]);
  throw error;
}

function exitCodeOf({ status, function: name, items }: Answer): ExitCode {
  if (status === 'error') return exitCodes.failure;
  if (status === 'partial') return exitCodes.partial;
  if (name !== hosts.name) return exitCodes.ok;
  return items.every((item) => 'state' in item && item.state === 'up') ? exitCodes.ok : exitCodes.serverDown;
}
