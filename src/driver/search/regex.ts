/**
 * Checks a caller's regular expression before a server runs it. It is read and never run here: a caller could make it
 * run for hours, and the same holds for the server.
 */

/**
 * Why an expression is refused, to be read after the name of its parameter; undefined where nothing is wrong. The dialect
 * is that of the source; this finds what is wrong in every one.
 */
export function regexProblem(regex: string): string | undefined {
  return syntaxProblem(regex) ?? costProblem(regex);
}

/**
 * Classes of Unicode have other names in other dialects, and reading two hundred of them takes 100 ms; they are left out.
 */
function syntaxProblem(regex: string): string | undefined {
  const text = regex.replaceAll(/\\(?:[pP]\{[^{}]*\}|[^])/gu, (escape) => (/^\\[pP]\{/.test(escape) ? '\\w' : escape));
  try {
    // eslint-disable-next-line no-restricted-syntax -- it is not run
    new RegExp(text, 'u');
    return undefined;
  } catch (strict) {
    try {
      // eslint-disable-next-line no-restricted-syntax -- it is not run
      new RegExp(text);
      return undefined;
    } catch {
      const why = (strict as Error).message.split(': ').at(-1) ?? '';
      const shown = why.charAt(0).toLowerCase() + why.slice(1);
      return `must be a regular expression (${shown}): write \\ before a sign that is meant by itself, or the text without slashes`;
    }
  }
}

/**
 * A group that matches in several ways, repeated, such as `(a+)+` or `(a|aa)*`, many repetitions side by side, and a back
 * reference make an engine try more ways than a name has letters, which can hold up a server for hours.
 */
function costProblem(regex: string): string | undefined {
  // For each open group, whether it can match in several ways.
  const groups = [false];
  let closed = false;
  let unbounded = 0;
  for (const [part] of regex.matchAll(PARTS)) {
    if (/^\\(?:[1-9]|k<)/.test(part)) {
      return `must not refer back (${part}) in a regular expression, which can take a server hours`;
    }
    const most = mostTimes(part);
    if (most > MOST_TIMES && !/^\{\d+\}$/.test(part) && ++unbounded > MOST_UNBOUNDED) {
      return (
        `must not have more than ${MOST_UNBOUNDED} repetitions such as ".*" or "[a-z]+" in a regular expression, which ` +
        'together can take a server hours'
      );
    }
    if (closed && most > MOST_TIMES) {
      return (
        'must not repeat a group that can match in several ways, as in "(a+)+" or "(a|b)*", which can take a server ' +
        'hours: repeat what is in it, or write a class such as "[ab]*"'
      );
    }
    if (part === '|' || most !== 1) groups[groups.length - 1] = true;
    closed = false;
    if (part.startsWith('(')) groups.push(false);
    if (part !== ')' || groups.length === 1) continue;
    closed = groups.pop() ?? false;
    if (closed) groups[groups.length - 1] = true;
  }
  return undefined;
}

/** As many times a group that matches in several ways may be repeated, as in `(\d+\.){3}`. */
const MOST_TIMES = 8;

/** Repetitions side by side share a text in as many ways as its length to the power of their number. */
const MOST_UNBOUNDED = 6;

/** What belongs together: escapes, classes, the beginning of a group, quantifiers, single signs. */
const PARTS = /\\(?:k<[^>]*>|[^])|\[(?:\\[^]|[^\]\\])*\]?|\((?:\?(?:[:=!>]|<[=!]|P?<[^>]*>))?|\{\d+(?:,\d*)?\}|[^]/g;

/** How often a quantifier repeats at most; 1 for a part that is none, and for one that repeats a fixed number of times. */
function mostTimes(part: string): number {
  if (part === '*' || part === '+') return Infinity;
  if (part === '?') return 0;
  if (!/^\{\d/.test(part)) return 1;
  const [least = '', most] = part.slice(1, -1).split(',');
  if (most === undefined) return Number(least) > MOST_TIMES ? Number(least) : 1;
  return most === '' ? Infinity : Number(most);
}
