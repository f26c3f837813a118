/**
 * The hidden command that completes a command line: options and commands from their declarations, names from the
 * driver. It fails quietly, because an error message in the middle of a command line helps no one.
 */
import type { Argument, Command, Option } from 'commander';
import { aggregateMethods } from '../../contract/functions/data.ts';
import { functionTable } from '../../contract/functions/table.ts';
import { COMPLETION_VARIABLE } from '../command-names.ts';
import type { CallerOptions } from '../caller-options.ts';
import { withDriver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import { readContexts } from '../query/contexts.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { type Candidate, assetsAndTags, conditions, servers } from './names.ts';
import { FILES, type Shell, shells } from './scripts.ts';
import { wordsOf } from './words.ts';

/** A person waits for it, and the connection and the search are part of it. A variable sets another one. */
const LIMIT_MS = 1_500;
const LONGEST_LIMIT_MS = 60_000;
/** Options whose value is a file. */
const FILE_OPTIONS = ['config', 'key', 'nkey', 'ca', 'file', 'mapping', 'codeFile', 'svg', 'png', 'dir'];

/** Prints the candidates for the last word. The arguments are the shell, and its line up to the cursor or its words. */
export async function complete(program: Command, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const [shell, ...given] = args;
    if (!isShell(shell)) return exitCodes.ok;
    const words = shell === 'bash' ? wordsOf(given[0] ?? '') : given;
    for (const { text, about } of await candidates(program, words, terminal)) {
      // The last part after a character at which bash separates words.
      const shown = shell === 'bash' ? afterBreak(text, words.at(-1) ?? '') : text;
      terminal.out(printable(shown) + (about === undefined || about === '' ? '' : `\t${printable(about)}`));
    }
  } catch {
    // Quiet, as documented.
  }
  return exitCodes.ok;
}

const isShell = (text: string | undefined): text is Shell => (shells as readonly (string | undefined)[]).includes(text);

/** Bash replaces only what follows the last `=` or `:` of the word. */
function afterBreak(text: string, word: string): string {
  const begin = Math.max(word.lastIndexOf('='), word.lastIndexOf(':')) + 1;
  return begin > 0 && text.startsWith(word.slice(0, begin)) ? text.slice(begin) : text;
}

async function candidates(program: Command, words: readonly string[], terminal: Terminal): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const line = parse(program, words.slice(1, -1));
  const inline = /^(--[a-z-]+)=(.*)$/s.exec(current);
  const waiting = inline === null ? line.waiting : optionOf(line.command, inline[1] ?? '');
  if (waiting !== undefined) {
    const lead = inline === null ? '' : `${inline[1] ?? ''}=`;
    const values = await valuesOf(waiting.attributeName(), waiting.argChoices, line, inline?.[2] ?? current, terminal);
    return values.map(({ text, about }) => ({ text: `${lead}${text}`, about }));
  }
  if (current.startsWith('-')) {
    return line.command.options
      .filter(({ hidden, long }) => !hidden && long?.startsWith(current) === true)
      .map(({ long = '', description }) => ({ text: long, about: description }));
  }
  if (line.command.commands.length > 0) {
    // A command that does not exist has nothing below it.
    if (line.positional.length > 0) return [];
    return line.command.commands
      .filter((command) => command.name().startsWith(current))
      .map((command) => ({ text: command.name(), about: command.description() }));
  }
  const { registeredArguments } = line.command;
  const argument: Argument | undefined =
    registeredArguments[line.positional.length] ?? registeredArguments.findLast(({ variadic }) => variadic);
  if (argument === undefined) return [];
  return valuesOf(argument.name(), argument.argChoices, line, current, terminal);
}

/** What is known of a command line. */
interface Line {
  readonly command: Command;
  readonly options: Readonly<Record<string, string[] | true>>;
  readonly positional: readonly string[];
  /** The option whose value is at the cursor. */
  readonly waiting: Option | undefined;
}

function parse(program: Command, words: readonly string[]): Line {
  let command = program;
  const options: Record<string, string[] | true> = {};
  const positional: string[] = [];
  let waiting: Option | undefined;
  for (const word of words) {
    if (waiting !== undefined) {
      const name = waiting.attributeName();
      const before = options[name];
      options[name] = [...(Array.isArray(before) ? before : []), word];
      waiting = undefined;
    } else if (word.startsWith('-')) {
      const [name = '', value] = word.split(/=(.*)/s, 2);
      const option = optionOf(command, name);
      if (option === undefined) continue;
      if (!option.required && !option.optional) options[option.attributeName()] = true;
      else if (value === undefined) waiting = option;
      else options[option.attributeName()] = [value];
    } else {
      const below = command.commands.find((one) => one.name() === word);
      if (below === undefined) positional.push(word);
      else command = below;
    }
  }
  return { command, options, positional, waiting };
}

const optionOf = (command: Command, name: string): Option | undefined =>
  command.options.find(({ long, short }) => long === name || short === name);

/** The candidates for an option or an argument with a name. */
async function valuesOf(
  name: string,
  choices: readonly string[] | undefined,
  line: Line,
  current: string,
  terminal: Terminal,
): Promise<Candidate[]> {
  if (choices !== undefined) return startingWith(choices, current);
  if (FILE_OPTIONS.includes(name)) return [{ text: FILES }];
  switch (name) {
    case 'context':
    case 'name':
      return startingWith(Object.keys((await readContexts(terminal.env)).contexts), current);
    case 'timeZone':
      return startingWith(Intl.supportedValuesOf('timeZone'), current);
    case 'aggregate':
      return startingWith(aggregateMethods, current);
    case 'start':
    case 'end':
    case 'at':
      return startingWith(['now', 'today', 'yesterday', '-1h', '-1d', '-7d@d', '@d'], current);
    case 'function':
      return functionTable
        .filter((one) => one.name.startsWith(current))
        .map((one) => ({ text: one.name, about: one.description }));
    case 'host':
      return asking(line, terminal, async (driver) => servers(driver, current));
    case 'tag':
      return asking(line, terminal, async (driver) => assetsAndTags(driver, current, true, hostsOf(line)));
    case 'asset':
      return asking(line, terminal, async (driver) => assetsAndTags(driver, current, false, hostsOf(line)));
    case 'condition':
      return asking(line, terminal, async (driver) => conditions(driver, current, hostsOf(line)));
    default:
      return [];
  }
}

const startingWith = (texts: readonly string[], current: string): Candidate[] =>
  texts.filter((text) => text.startsWith(current)).map((text) => ({ text }));

function hostsOf({ options: { host } }: Line): string[] | undefined {
  return Array.isArray(host) ? host : undefined;
}

function limitOf(env: Terminal['env']): number {
  const given = Number(env[COMPLETION_VARIABLE] ?? '');
  return given > 0 && given <= LONGEST_LIMIT_MS ? given : LIMIT_MS;
}

/** Asks the driver that the command line names. No candidates if it does not answer in time. */
async function asking(
  { options }: Line,
  terminal: Terminal,
  work: (driver: Parameters<Parameters<typeof withDriver>[3]>[0]) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  let found: Candidate[] = [];
  const quiet: Terminal = {
    out: () => undefined,
    err: () => undefined,
    env: terminal.env,
    closed: AbortSignal.timeout(limitOf(terminal.env)),
  };
  const caller = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  ) as CallerOptions;
  await withDriver(caller, 'completion', quiet, async (driver) => {
    found = await work(driver);
    return exitCodes.ok;
  });
  return found;
}
