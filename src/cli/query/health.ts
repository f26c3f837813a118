/** `iota-seeqdrv health`: how the driver, its servers and its feeds are, why, and what to do. */
import type { ItemFor } from '../../client/functions.ts';
import type { CallerOptions } from '../caller-options.ts';
import { withDriver } from '../connect.ts';
import { printable, printableJson } from '../output/printable.ts';
import { paintOf, type Paint, type Style } from '../output/style.ts';
import { Table } from '../output/table.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { localTime, timesOf, type TimeOptions } from './times.ts';

/** The options of the command line. */
export interface HealthOptions extends CallerOptions, TimeOptions {
  json?: boolean;
}

type Health = ItemFor<'health'>;

/** Prints the health of the replica that answers, and its view of the others. Exit code 4 unless all is well. */
export function health(options: HealthOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'health', terminal, async ({ client, caller, signal }) => {
    const { timeZone } = timesOf(options, caller.timeZone);
    const answer = await client.health({}, { signal });
    const [found] = answer.items;
    if (found === undefined) {
      terminal.err(
        printable(answer.error === undefined ? 'No answer.' : `${answer.error.code}: ${answer.error.message}`),
      );
      return exitCodes.failure;
    }
    if (options.json === true) terminal.out(printableJson(found, 2));
    else print(found, timeZone, terminal);
    const isWell = found.state === 'ok' && found.replicas.every(({ isPresent }) => isPresent);
    return isWell ? exitCodes.ok : exitCodes.serverDown;
  });
}

/** A part of the driver. */
interface Part {
  readonly part: string;
  readonly state: string;
  readonly since: string | null | undefined;
  readonly message: string | undefined;
}

function print(found: Health, timeZone: string, terminal: Terminal): void {
  const paint = paintOf(terminal);
  const { driverid, instance, version, reqtopic, started, state, reasons } = found;
  const name = driverid === null ? instance : `${driverid} (${instance})`;
  terminal.out(`${painted(state, paint)}  ${printable(`${name}, version ${version}, requests on ${reqtopic}`)}`);
  terminal.out(`started ${localTime(started, timeZone)}`);
  for (const reason of reasons) terminal.out(printable(reason));
  terminal.out('');
  const table = new Table<Part>(
    [
      { title: 'part', of: ({ part }) => part },
      { title: 'state', of: (row) => row.state, style: (row) => styleOf(row.state) },
      { title: 'since', of: ({ since }) => localTime(since, timeZone) },
      { title: 'message', of: ({ message = '' }) => message },
    ],
    terminal,
  );
  for (const part of partsOf(found)) void table.write(part);
  table.end();
}

function partsOf({ bus, servers, stream, feeds = [], replicas }: Health): Part[] {
  return [
    { part: `bus ${bus.server ?? ''}`, state: bus.connected ? 'up' : 'down', since: bus.since, message: bus.message },
    ...servers.map(({ name, state, since, version, message }) => ({
      part: `server ${name}${version === null ? '' : ` ${version}`}`,
      ...{ state, since, message },
    })),
    ...(stream === undefined
      ? []
      : [{ part: `stream ${stream.name}`, state: stream.state, since: stream.since, message: stream.message }]),
    ...feeds.map(({ kind, name, state, since, message }) => ({ part: `feed ${kind} ${name}`, state, since, message })),
    ...replicas.map(({ instance, version, started, state, reasons, answered, isPresent }) => ({
      part: `replica ${instance} ${version}`,
      state: isPresent ? state : 'down',
      since: isPresent ? started : answered,
      message: isPresent ? reasons.join(' ') : 'It does not answer any more.',
    })),
  ];
}

const GOOD = ['ok', 'up'];
const BAD = ['down', 'unauthorized', 'refused', 'unavailable', 'stopped'];

const styleOf = (state: string): Style => (GOOD.includes(state) ? 'green' : BAD.includes(state) ? 'red' : 'yellow');
const painted = (state: string, paint: Paint): string => paint(styleOf(state), state.toUpperCase());
