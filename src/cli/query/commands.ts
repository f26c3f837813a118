/** The help texts and options of the commands that ask a running driver. Like cli/commands.ts, this file stays light. */
import { Command, Option } from 'commander';
import {
  callerOptions,
  type CommandMaker,
  examples,
  formatOptions,
  hostOption,
  readWhole,
  tagsArgument,
  timeZoneOption,
  withOptions,
} from '../command-options.ts';
import { callCommand, healthCommand, watchCommand } from './ask-options.ts';
import { contextCommand } from './context-options.ts';
import type { HistoryOptions } from './history.ts';
import type { PlotCommandOptions } from './plot.ts';
import type { SearchOptions } from './search.ts';
import type { TimeframesOptions } from './timeframes.ts';
import type { TreeOptions } from './tree.ts';
import type { ValuesOptions } from './values.ts';

const AGGREGATES = 'average, min, max, range, total, stdDev, count and others, see docs/statistics.md';

const TIMES_HELP = `Times: ISO 8601 (2026-01-31T08:00, without an offset in --time-zone), epoch milliseconds, or relative:
  now, today, yesterday, each with steps: -8h, today+6h, -1mo; @ goes back to the start of a unit: -7d@d, @h, @w
  units: ms s m h d w mo y`;

const rangeOptions = (start: string): readonly Option[] => [
  new Option('--start <time>', 'start of the range').default(start),
  new Option('--end <time>', 'end of the range').default('now'),
  timeZoneOption,
];

const searchCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('search'), [...callerOptions, ...formatOptions, hostOption])
    .description('find tags, assets or conditions')
    .argument('[query]', 'text in the name; with * or ? a pattern of the whole name; or /regex/', '*')
    .addOption(new Option('--assets', 'find assets instead of tags').conflicts('conditions'))
    .option('--conditions', 'find conditions instead of tags')
    .option('--description', 'also find the text in descriptions')
    .option('--asset <asset>', 'only below this asset, by path, name or FQN')
    .option('--datasource <name>', 'only of this datasource')
    .option('--workbook <name>', 'only what is scoped to this workbook or to none')
    .option('--limit <n>', 'print at most this many', readWhole, 50)
    .option('--fqn', 'print the FQN in place of the description')
    .addHelpText(
      'after',
      examples(
        "search 'Temp*'",
        "search temperature --asset 'Cooling Tower 1' --fqn",
        "search 'Area ?' --assets --csv",
        'search --conditions --ndjson',
      ),
    )
    .action(async (query: string, options: SearchOptions) => {
      const { search } = await import('./search.ts');
      finish(await search(query, options, terminal));
    });

const valuesCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('values'), [...callerOptions, ...formatOptions, hostOption, timeZoneOption])
    .description('print the current values of tags, or those at a time')
    .argument(...tagsArgument)
    .option('--at <time>', 'the newest values at or before this time (default: now)')
    .option('--trend <time>', 'also draw a line of the values since this time, such as -8h, in a table')
    .addHelpText(
      'after',
      examples(
        "values 'Example/Cooling Tower 1/Area A/Temperature'",
        "values 'Area A/Temperature' 'Area B/Temperature' --at yesterday",
        "values 'Area A/Temperature' --trend -8h",
        "values 'Area A/Temperature' --json",
      ),
    )
    .action(async (tags: string[], options: ValuesOptions) => {
      const { values } = await import('./values.ts');
      finish(await values(tags, options, terminal));
    });

const treeCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('tree'), [...callerOptions, ...formatOptions, hostOption])
    .description('print the assets of all servers, or those below an asset')
    .argument('[asset]', 'an asset by path, name or FQN (default: the roots of all servers)')
    .option('--depth <n>', 'levels, 1 to 20', readWhole, 2)
    .option('--attributes', 'also print the attributes of each asset: its tags, constants and properties')
    .option('--limit <n>', 'print at most this many assets', readWhole, 1000)
    .addHelpText(
      'after',
      examples('tree', "tree 'Example/Cooling Tower 1' --depth 1 --attributes", 'tree Example --depth 3 --ndjson'),
    )
    .action(async (asset: string | undefined, options: TreeOptions) => {
      const { tree } = await import('./tree.ts');
      finish(await tree(asset, options, terminal));
    });

const historyCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('history'), [...callerOptions, ...formatOptions, hostOption, ...rangeOptions('-1h')])
    .description('print the samples of tags in a range, or values of intervals')
    .argument(...tagsArgument)
    .option('--limit <n>', 'at most this many recorded samples of each tag', readWhole)
    .option('--interpolated', 'values at even distances, by the interpolation of the signal')
    .addOption(
      new Option('--aggregate <method...>', `statistics of intervals: ${AGGREGATES}`).conflicts('interpolated'),
    )
    .addOption(new Option('--interval <length>', 'length of the intervals, such as 15min, 1h, 1d, 1mo'))
    .addOption(new Option('--count <n>', 'number of the intervals').argParser(readWhole).conflicts('interval'))
    .addHelpText(
      'after',
      `\n${TIMES_HELP}\n${examples(
        "history 'Example/Cooling Tower 1/Area A/Temperature'",
        "history 'Area A/Temperature' --start yesterday --end today --csv",
        "history 'Area A/Temperature' --start -7d@d --end @d --aggregate average max --interval 1d",
        "history 'Area A/Temperature' --start -2h --interpolated --count 5 --ndjson",
      )}`,
    )
    .action(async (tags: string[], options: HistoryOptions) => {
      const { history } = await import('./history.ts');
      finish(await history(tags, options, terminal));
    });

const plotCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('plot'), [...callerOptions, hostOption, ...rangeOptions('-1d')])
    .description('draw tags over a range, in the terminal or into a file')
    .argument(...tagsArgument)
    .option('--svg <file>', 'write an SVG image')
    .option('--png <file>', 'write a PNG image')
    .option('--width <n>', 'width in characters, or in pixels of an image', readWhole)
    .option('--height <n>', 'height in characters, or in pixels of an image', readWhole)
    .addOption(new Option('--theme <theme>', 'colours of an image').choices(['light', 'dark']))
    .option('--title <text>', 'title of an image')
    .addHelpText(
      'after',
      `\n${TIMES_HELP}\n${examples(
        "plot 'Area A/Temperature' 'Area B/Temperature' --start -8h",
        "plot 'Area A/Temperature' --start -7d@d --end @d --svg week.svg",
      )}`,
    )
    .action(async (tags: string[], options: PlotCommandOptions) => {
      const { plot } = await import('./plot.ts');
      finish(await plot(tags, options, terminal));
    });

const timeframesCommand: CommandMaker = (terminal, finish) =>
  withOptions(new Command('timeframes'), [...callerOptions, ...formatOptions, hostOption, ...rangeOptions('-1d')])
    .description('print the timeframes (capsules) of conditions in a range')
    .argument('[condition...]', 'conditions by name, path or FQN (default: all)')
    .option('--asset <asset>', 'of the conditions below this asset')
    .addOption(new Option('--open', 'only those that have not ended').conflicts('ended'))
    .option('--ended', 'only those that have ended')
    .option('--newest', 'the newest first')
    .option('--limit <n>', 'print at most this many', readWhole, 50)
    .addHelpText(
      'after',
      `\n${TIMES_HELP}\n${examples('timeframes --start -7d --newest --limit 5', 'timeframes --start -1d --open --json')}`,
    )
    .action(async (conditions: string[], options: TimeframesOptions) => {
      const { timeframes } = await import('./timeframes.ts');
      finish(await timeframes(conditions, options, terminal));
    });

/** In the order of the help. */
export const queryCommands: readonly CommandMaker[] = [
  contextCommand,
  searchCommand,
  treeCommand,
  valuesCommand,
  historyCommand,
  plotCommand,
  timeframesCommand,
  watchCommand,
  healthCommand,
  callCommand,
];
