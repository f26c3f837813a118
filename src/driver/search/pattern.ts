/** Parses the search text of a caller. */
import { wrongParameter } from '../../contract/errors.ts';
import { quote } from '../../lib/wording/phrases.ts';
import { trimmed } from '../../lib/text.ts';
import type { TextPattern } from '../../sources/source.ts';
import { regexProblem } from './regex.ts';

/** Inline flags of an expression, which not every dialect supports. */
const INLINE_FLAGS = /\(\?[a-zA-Z]{1,8}\)/;
/** A regular expression with flags, as in other languages. */
const WITH_FLAGS = /^\/(.+)\/([dgimsuvxy]{1,8})$/;

/** As a regular expression, a pattern with many of them can take a server hours. */
const MOST_STARS = 10;

/**
 * Plain text matches anywhere. With `*` or `?` it is a pattern for the whole text. Between slashes it is a regular
 * expression. Surrounding blanks are ignored.
 * @throws DriverError `badRequest` for an invalid regular expression, and for one that can take a server too long
 */
export function readPattern(query: string): TextPattern {
  const text = trimmed(query);
  if (text === '' || /^\*+$/.test(text)) return { kind: 'all' };
  if (text.length > 2 && text.startsWith('/') && text.endsWith('/')) {
    const regex = text.slice(1, -1);
    const [inline] = INLINE_FLAGS.exec(regex) ?? [];
    if (inline !== undefined) throw noFlags(inline, 'in a regular expression: write');
    const problem = regexProblem(regex);
    if (problem !== undefined) throw wrongParameter('query', problem);
    return { kind: 'regex', text: regex };
  }
  const flagged = WITH_FLAGS.exec(text);
  if (flagged) {
    const [, regex = '', flags = ''] = flagged;
    throw noFlags(flags, `after a regular expression: write ${quote(`/${regex}/`)}, and`);
  }
  if (!/[*?]/.test(text)) return { kind: 'contains', text };
  // "*?*" is the same as "?*", and each star multiplies the server's work.
  const glob = text.replace(/[*?]{2,}/g, (run) => run.replaceAll('*', '') + (run.includes('*') ? '*' : ''));
  const stars = glob.split('*').length - 1;
  if (stars > MOST_STARS) {
    throw wrongParameter('query', `must have at most ${MOST_STARS} parts with "*" between them (found ${stars})`);
  }
  return { kind: 'glob', text: glob };
}

const noFlags = (flags: string, where: string): Error =>
  wrongParameter(
    'query',
    `takes no flags ("${flags}") ${where} [Aa] where case does not matter; a text without slashes ignores case`,
  );
