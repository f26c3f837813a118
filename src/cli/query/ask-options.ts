/** The help texts and options of `call`, `health` and `watch`. This file stays light, too. */
import { Command, Option } from 'commander';
import type { CallCommandOptions } from '../call.ts';
import {
  callerOptions,
  type CommandMaker,
  examples,
  formatOptions,
  hostOption,
  readMilliseconds,
  readWhole,
  tagsArgument,
  timeZoneOption,
  withOptions,
} from '../command-options.ts';
import type { HealthOptions } from './health.ts';
import type { WatchOptions } from '../watch.ts';

export const callCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('call'), callerOptions)
    .description('send any request to a running driver')
    .argument('<function>', 'name of the function; "functions" lists them')
    .argument('[params]', "the function's parameters as a JSON object, @file, or - for standard input")
    .addOption(
      new Option(
        '-p, --param <name=value>',
        'one parameter; @file and - stand for a file and standard input; given several times it is a list',
      ).argParser((pair: string, before: string[] | undefined) => [...(before ?? []), pair]),
    )
    .option('--host <name...>', 'only these configured servers')
    .option('--timeout <ms>', 'time budget of the request in milliseconds', readMilliseconds)
    .option(
      '--compact',
      'print one JSON item a line as they arrive, instead of the whole answer; a long series is several items',
      false,
    )
    .addHelpText(
      'after',
      `\nExit codes: 0 the answer is complete, 1 it is an error or there is none, 2 nothing was sent, 3 it is partial (some items have an error), 4 function hosts says that a server is not up.\n${examples(
        'call version',
        `call tagsearch '{"query":"Area A*","limit":3}'`,
        "call tagsearch --param 'query=Area A*' --param limit=3 --compact",
      )}`,
    )
    .action(async (name: string, params: string | undefined, options: CallCommandOptions) => {
      const { call } = await import('../call.ts');
      finish(await call(name, params, options, terminal));
    });

export const healthCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('health'), [...callerOptions, timeZoneOption])
    .description('print how the driver, its servers and its feeds are, why, and what to do')
    .option('--json', 'print the health message')
    .addHelpText(
      'after',
      `\nExit codes: 0 the driver is well, 1 there is no answer, 2 nothing was sent, 4 the driver is degraded or down, or a replica is gone.\n${examples('health', 'health --json')}`,
    )
    .action(async (options: HealthOptions) => {
      const { health } = await import('./health.ts');
      finish(await health(options, terminal));
    });

export const watchCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('watch'), [...callerOptions, ...formatOptions, hostOption, timeZoneOption])
    .description('print values as they change, until SIGINT or SIGTERM')
    .argument(...tagsArgument)
    .option('--interval <ms>', 'how often the values are read, at least 1000 (default: 5000)', readWhole)
    .option('--count <n>', 'end after this many rows', readWhole)
    .addHelpText(
      'after',
      `\nExit codes: 0 ended by a signal or after its rows, 1 no item can be read or the driver does not answer, 2 nothing was sent, 5 a name is ambiguous or not found.\n${examples(
        "watch 'Area A/Temperature' 'Area B/Temperature' --count 2",
        "watch 'Area A/Temperature' --interval 1000 --count 1 --ndjson",
      )}`,
    )
    .action(async (tags: string[], options: WatchOptions) => {
      const { watch } = await import('../watch.ts');
      finish(await watch(tags, options, terminal));
    });
