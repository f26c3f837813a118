/** What a caller's search text means. */
import { DriverError } from '../../contract/errors.ts';
import type { TextPattern } from '../../sources/source.ts';

/**
 * Plain text is looked for anywhere; with `*` or `?` it is a pattern for the whole text; between slashes it is a regular
 * expression.
 * @throws DriverError `badRequest` for a regular expression that is none
 */
export function readPattern(query: string): TextPattern {
  if (query === '' || /^\*+$/.test(query)) return { kind: 'all' };
  if (query.length > 2 && query.startsWith('/') && query.endsWith('/')) {
    const text = query.slice(1, -1);
    checkRegex(text);
    return { kind: 'regex', text };
  }
  return { kind: /[*?]/.test(query) ? 'glob' : 'contains', text: query };
}

/**
 * The source's dialect may differ; this catches what is wrong in every dialect, with a clear text. The expression is
 * read and never run: a caller could make it run for hours. Classes of Unicode have other names in other dialects, and
 * reading two hundred of them takes 100 ms; they are left out.
 */
function checkRegex(given: string): void {
  const text = given.replaceAll(/\\(?:[pP]\{[^{}]*\}|[^])/gu, (escape) => (/^\\[pP]\{/.test(escape) ? '\\w' : escape));
  try {
    // eslint-disable-next-line no-restricted-syntax -- it is not run
    new RegExp(text, 'u');
  } catch (strict) {
    try {
      // eslint-disable-next-line no-restricted-syntax -- it is not run
      new RegExp(text);
    } catch {
      throw new DriverError('badRequest', `"query": ${(strict as Error).message}.`, { details: { field: 'query' } });
    }
  }
}
