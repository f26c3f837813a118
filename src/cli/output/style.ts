/** Colours and emphasis, for a terminal only. */
import { styleText } from 'node:util';
import type { Terminal } from '../terminal.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Applies a style, or returns the text as it is if there are no colours. */
export type Paint = (style: Style, text: string) => string;

/**
 * Whether the result has colours: FORCE_COLOR (unless it is 0) and then NO_COLOR decide, otherwise whether it appears on
 * a terminal.
 */
export function hasColor({ env, screen }: Pick<Terminal, 'env' | 'screen'>): boolean {
  const { FORCE_COLOR: force = '', NO_COLOR: no = '', TERM: term } = env;
  if (force !== '') return force !== '0' && force !== 'false';
  return no === '' && screen !== undefined && term !== 'dumb';
}

/** The paint of a terminal. */
export const paintOf = (terminal: Pick<Terminal, 'env' | 'screen'>): Paint =>
  hasColor(terminal) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;

/** Whether the terminal shows characters beyond ASCII, by the usual variables. */
export function hasUnicode(env: Terminal['env']): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  // Without a locale, such as on Windows and macOS, terminals are in UTF-8 today.
  return locale === undefined || /utf-?8/i.test(locale);
}
