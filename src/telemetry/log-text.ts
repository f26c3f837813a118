/**
 * A log line for people. A formatter of pino's family is not used: it prints texts without escapes, and a text from
 * outside could then control the terminal.
 */
import { escapedText } from '../lib/wording/escaped.ts';
import type { LogFormat } from './config.ts';

/** How lines are written at one destination. */
export type LogStyle = 'json' | 'text' | 'colour';

/** The style of standard output. Colour is for terminals only, and not with `NO_COLOR`. */
export function styleOf(
  format: LogFormat,
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): LogStyle {
  if (format === 'json' || (format === 'auto' && !isTerminal)) return 'json';
  const isPlain = !isTerminal || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return isPlain ? 'text' : 'colour';
}

/** Select Graphic Rendition codes of ECMA-48. */
const COLOURS: Readonly<Record<string, string>> = { error: '31', warn: '33', info: '32', debug: '36' };
const DIM = '2';

const painted = (text: string, code: string | undefined): string =>
  code === undefined ? text : `\u001b[${code}m${text}\u001b[0m`;

/** Texts that need no quotes. */
const BARE = /^[\w.:/@+-]+$/;

/** A line of the log in this style. @param json the line as an object of JSON, with its line break */
export function styled(json: string, style: LogStyle): string {
  if (style === 'json') return json;
  const line = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const { level, time, msg, driverid: _driverid, instance: _instance, err, ...facts } = line;
  const colour = (code: string | undefined): string | undefined => (style === 'colour' ? code : undefined);
  const shown = Object.entries(facts).map(
    ([name, value]) => `${painted(`${escapedText(name)}=`, colour(DIM))}${factText(value)}`,
  );
  const name = String(level);
  const head = [
    painted(timeText(time), colour(DIM)),
    painted(name.toUpperCase().padEnd(5), colour(COLOURS[name])),
    escapedText(typeof msg === 'string' ? msg : ''),
  ];
  return `${[...head, ...shown].join(' ')}${errorText(err)}\n`;
}

/** `2026-11-28 12:13:14.123Z`. */
const timeText = (time: unknown): string => (typeof time === 'string' ? escapedText(time.replace('T', ' ')) : '');

function factText(value: unknown): string {
  if (typeof value === 'string' && BARE.test(value)) return value;
  return escapedText(JSON.stringify(value));
}

/** An error on lines of its own, indented, so that none of them looks like a line of the log. */
function errorText(error: unknown): string {
  if (error === undefined) return '';
  if (typeof error !== 'object' || error === null) return `\n    ${factText(error)}`;
  const { type, code, message, stack, ...rest } = error as Readonly<Record<string, unknown>>;
  const head = [type, code, message].filter((part) => typeof part === 'string').join(': ');
  const lines = typeof stack === 'string' ? stack.split('\n') : head.split('\n');
  const more = Object.keys(rest).length === 0 ? [] : [JSON.stringify(rest)];
  return [...lines, ...more].map((line) => `\n    ${escapedText(line)}`).join('');
}
