/** `iota-seeqdrv call`: asks a running driver any question, over the bus as everybody else does. */
import { connectBus } from '../bus/connection.ts';
import { createClient } from '../client/client.ts';
import { requestSchema } from '../contract/request.ts';
import { describeProblems } from '../contract/problems.ts';
import { validate } from '../contract/validation.ts';
import { busOptions } from './bus-options.ts';
import { firstConnection, quietLog, readSeedFile } from './caller.ts';
import { readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface CallOptions {
  config?: string;
  host?: string[];
  timeout?: number;
  nkey?: string;
  topic?: string;
  compact?: boolean;
}

/** Prints the answer; exit code 1 if it failed or there was none. */
export async function call(name: string, params: object, options: CallOptions, terminal: Terminal): Promise<ExitCode> {
  const loaded = await readConfig(options.config, terminal);
  if (loaded === undefined) return exitCodes.usage;
  const { config } = loaded;
  const request = validate(requestSchema, {
    function: name,
    params,
    ...(options.host ? { host: options.host } : {}),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
  });
  if (!request.ok) {
    terminal.err(describeProblems(request, 'field'));
    return exitCodes.usage;
  }
  const seed = await readSeedFile(options.nkey, terminal);
  if (seed === null) return exitCodes.usage;
  const bus = connectBus({
    ...busOptions(config.bus, 'iota-seeqdrv call', quietLog(terminal)),
    ...(seed === undefined ? {} : { seed }),
  });
  try {
    const connection = await firstConnection(bus);
    const answer = await createClient(connection, { topic: options.topic ?? config.reqtopic }).ask(request.data);
    if (options.compact) for (const item of answer.items) terminal.out(JSON.stringify(item));
    else terminal.out(JSON.stringify(answer, undefined, 2));
    if (answer.error) terminal.err(`${answer.error.code}: ${answer.error.message}`);
    return answer.status === 'error' ? exitCodes.failure : exitCodes.ok;
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    return exitCodes.failure;
  } finally {
    await bus.close();
  }
}
