/** Options that several commands share, and how their values are read. Like commands.ts, this file must stay light. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CONFIG_FILE, CONFIG_VARIABLE } from '../config/file-names.ts';
import { CONTEXT_VARIABLE } from './command-names.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Creates a command. `finish` gets the exit code. commander itself reports errors of the command line. */
export type CommandMaker = (terminal: Terminal, finish: (code: ExitCode) => void) => Command;

export const configOption = [
  '-c, --config <file>',
  `the configuration file (default: the variable ${CONFIG_VARIABLE}, else ./${CONFIG_FILE})`,
] as const;

/** Options to reach the bus: with a saved context, without one, or with the configuration of the driver. */
export const callerOptions: readonly Option[] = [
  new Option(
    '--context <name>',
    `the saved context to use (default: the variable ${CONTEXT_VARIABLE}, else the one in use)`,
  ).conflicts(['config', 'nats']),
  new Option(...configOption),
  new Option('--nats <url>', 'address of the NATS server, in place of a context or a configuration').conflicts(
    'config',
  ),
  new Option('--nkey <file>', 'file with the NKey seed of the caller (default: the key of the driver itself)'),
  new Option('--topic <subject>', 'request topic of the driver (default: that of the configuration)'),
  new Option('--inbox <subject>', 'take answers below this subject (default: _INBOX)'),
  new Option('--ca <file>', 'with --nats: PEM file of the authorities to trust instead of the public ones'),
  new Option('--server-name <name>', 'with --nats: host name that the server certificate must bear'),
  new Option('--tls-first', 'with --nats: start with the TLS handshake, for servers with handshake_first'),
  new Option('--insecure', 'with --nats: use plain TCP for nats:// addresses'),
];

/** The format of a result. Without one of them it is a table. */
export const formatOptions: readonly Option[] = [
  new Option('--json', 'print one JSON array').conflicts(['ndjson', 'csv', 'csvExact']),
  new Option('--ndjson', 'print one JSON object a line').conflicts(['csv', 'csvExact']),
  new Option('--csv', 'print CSV that is safe for spreadsheets: a text that begins like a formula gets an apostrophe'),
  new Option('--csv-exact', 'print CSV with all texts exactly as they are').conflicts('csv'),
];

export const tagsArgument = [
  '<tag...>',
  'tags by path, name or FQN; - reads them from standard input, one a line',
] as const;

export const hostOption = new Option(
  '--host <name>',
  'only this configured server; may be given several times',
).argParser((name: string, before: string[] | undefined) => [...(before ?? []), name]);

export const timeZoneOption = new Option(
  '--time-zone <zone>',
  'IANA time zone of the command line and of tables, such as Europe/Berlin (default: of the context, else of this machine)',
);

/** Adds options to a command. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

/** @throws InvalidArgumentError */
export function readMilliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of milliseconds.');
  return Number(text);
}

/** @throws InvalidArgumentError */
export function readWhole(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** The end of a help text: command lines that work as they are. Each is tried by a test. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ iota-seeqdrv ${line}`).join('\n')}`;
