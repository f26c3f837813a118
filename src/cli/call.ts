/** `iota-seeqdrv call`: asks a running driver any question, over the bus as everybody else does. */
import { Command, InvalidArgumentError } from 'commander';
import { connectBus } from '../bus/connection.ts';
import { createClient } from '../client/client.ts';
import type { Config } from '../config/config.ts';
import { requestSchema } from '../contract/request.ts';
import { describeProblems } from '../contract/problems.ts';
import { busOptions } from './assemble.ts';
import { firstConnection, quietLog, readSeedFile } from './caller.ts';
import { configOption, readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

interface CallOptions {
  config?: string;
  host?: string[];
  timeout?: number;
  nkey?: string;
  topic?: string;
  compact?: boolean;
}

export function callCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('call')
    .description('ask a running driver, for example: call tagsearch \'{"query":"Area A*"}\'')
    .argument('<function>', 'name of the function; "functions" lists them')
    .argument('[params]', "the function's parameters as a JSON object", readJson, {})
    .option(...configOption)
    .option('--host <name...>', 'only these configured servers')
    .option('--timeout <ms>', 'time budget of the request in milliseconds', readMilliseconds)
    .option('--nkey <file>', 'file with the NKey seed to use instead of the key of the driver itself')
    .option('--topic <subject>', 'request topic, if it is not that of the configuration')
    .option('--compact', 'print one line a JSON item instead of the whole answer', false)
    .action(async (name: string, params: object, options: CallOptions) => {
      const loaded = await readConfig(options.config, terminal);
      finish(loaded ? await call(name, params, options, loaded.config, terminal) : exitCodes.usage);
    });
}

async function call(
  name: string,
  params: object,
  options: CallOptions,
  config: Config,
  terminal: Terminal,
): Promise<ExitCode> {
  const request = requestSchema.safeParse({
    function: name,
    params,
    ...(options.host ? { host: options.host } : {}),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
  });
  if (!request.success) {
    terminal.err(describeProblems(request.error, 'field'));
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

function readJson(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError('It must be a JSON object, such as \'{"query":"Temp*"}\'.');
  }
  return value;
}

function readMilliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of milliseconds.');
  return Number(text);
}
