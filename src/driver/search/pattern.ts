/** What a caller's search text means. */
import { wrongParameter } from '../../contract/errors.ts';
import { quote } from '../../lib/phrases.ts';
import { trimmed } from '../../lib/text.ts';
import type { TextPattern } from '../../sources/source.ts';
import { regexProblem } from './regex.ts';

/** A regular expression with flags, as other languages write it. */
const WITH_FLAGS = /^\/(.+)\/([dgimsuvxy]{1,8})$/;

/**
 * Plain text is looked for anywhere; with `*` or `?` it is a pattern for the whole text; between slashes it is a regular
 * expression. Blanks at its ends do not count.
 * @throws DriverError `badRequest` for a regular expression that is none
 */
export function readPattern(query: string): TextPattern {
  const text = trimmed(query);
  if (text === '' || /^\*+$/.test(text)) return { kind: 'all' };
  if (text.length > 2 && text.startsWith('/') && text.endsWith('/')) {
    const regex = text.slice(1, -1);
    const problem = regexProblem(regex);
    if (problem !== undefined) throw wrongParameter('query', problem);
    return { kind: 'regex', text: regex };
  }
  const flagged = WITH_FLAGS.exec(text);
  if (flagged) {
    const [, regex = '', flags = ''] = flagged;
    throw wrongParameter(
      'query',
      `takes no flags ("${flags}") after a regular expression: write ${quote(`/${regex}/`)}, and [Aa] where case does ` +
        'not matter; a text without slashes ignores case',
    );
  }
  return { kind: /[*?]/.test(text) ? 'glob' : 'contains', text };
}
