/**
 * Checks a caller's regular expression before a server runs it. It is parsed and never run here: a caller could make it
 * run for hours. The same applies to the server.
 */

/**
 * Why an expression is rejected. The text follows the name of its parameter. Undefined if it is valid. The dialect is
 * that of the source; this detects what is invalid in every dialect.
 */
export function regexProblem(regex: string): string | undefined {
  return syntaxProblem(regex) ?? costProblem(regex);
}

/**
 * Unicode classes have other names in other dialects, and parsing two hundred of them takes 100 ms, so they are left
 * out.
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

/** How many ways a part can match, and the number of unlimited repetitions that can share one text. */
interface Freedom {
  ways: number;
  unbounded: number;
}

/** An open group: the freedom of its current alternative, and of the previous ones together. */
interface Group extends Freedom {
  before: Freedom;
}

const openGroup = (): Group => ({ ways: 1, unbounded: 0, before: { ways: 0, unbounded: 0 } });

/**
 * A repeated group that matches in several ways, such as `(a+)+` or `(a|aa)*`, many consecutive repetitions or choices,
 * and a back reference let an engine try more ways than a name has letters, which can block a server for hours.
 */
function costProblem(regex: string): string | undefined {
  const open: Group[] = [openGroup()];
  /** The part that a quantifier would repeat. */
  let last: Freedom | undefined;
  for (const [part] of regex.matchAll(PARTS)) {
    if (/^\\(?:[1-9]|k<)/.test(part)) {
      return `must not refer back (${part}) in a regular expression, which can take a server hours`;
    }
    const times = timesOf(part);
    const group = open.at(-1) ?? openGroup();
    if (times !== undefined) {
      // A second quantifier only changes the mode of the first.
      if (last === undefined) continue;
      if (times.most > MOST_TIMES && (last.ways > 1 || last.unbounded > 0)) return SEVERAL_WAYS;
      repeat(group, last, times);
      last = undefined;
    } else if (part === '|') {
      group.before = either(group);
      [group.ways, group.unbounded, last] = [1, 0, undefined];
    } else if (part.startsWith('(')) {
      open.push(openGroup());
      last = undefined;
    } else {
      const closed = part === ')' && open.length > 1 ? open.pop() : undefined;
      last = closed === undefined ? { ways: 1, unbounded: 0 } : either(closed);
      const around = open.at(-1) ?? group;
      around.ways *= last.ways;
      around.unbounded += last.unbounded;
    }
    const { ways, unbounded } = either(open.at(-1) ?? group);
    if (unbounded > MOST_UNBOUNDED) return MANY_REPETITIONS;
    if (ways > MOST_WAYS) return MANY_CHOICES;
  }
  return undefined;
}

/** The sum over all alternatives of a group. Only one of them matches. */
const either = ({ ways, unbounded, before }: Group): Freedom => ({
  ways: ways + before.ways,
  unbounded: Math.max(unbounded, before.unbounded),
});

/** Counts a repetition of a part that was counted once. */
function repeat(group: Group, { ways, unbounded }: Freedom, { least, most }: Times): void {
  if (most > MOST_TIMES) {
    if (most !== least) group.unbounded++;
    return;
  }
  group.ways *= ways ** Math.max(0, most - 1) * (most - least + 1);
  group.unbounded += unbounded * Math.max(0, most - 1);
}

/** How often a group that matches in several ways may be repeated, as in `(\d+\.){3}`. */
const MOST_TIMES = 8;
/** Consecutive repetitions share a text in as many ways as its length to the power of their number. */
const MOST_UNBOUNDED = 6;
/** Consecutive choices multiply. */
const MOST_WAYS = 100_000;

const SEVERAL_WAYS =
  'must not repeat a group that can match in several ways, as in "(a+)+" or "(a|b)*", which can take a server ' +
  'hours: repeat what is in it, or write a class such as "[ab]*"';
const MANY_REPETITIONS =
  `must not have more than ${MOST_UNBOUNDED} repetitions such as ".*" or "[a-z]+" in a regular expression, which ` +
  'together can take a server hours';
const MANY_CHOICES =
  'must not have so many choices in a row as "a?a?a?" or "(a|b)(a|b)" many times, which can take a server hours: write ' +
  'a class such as "[ab]", or one repetition such as "a{0,3}"';

/** Tokens: escapes, classes, group starts, quantifiers, single characters. */
const PARTS = /\\(?:k<[^>]*>|[^])|\[(?:\\[^]|[^\]\\])*\]?|\((?:\?(?:[:=!>]|<[=!]|P?<[^>]*>))?|\{\d+(?:,\d*)?\}|[^]/g;

interface Times {
  least: number;
  most: number;
}

/** The repetitions of a quantifier. Undefined for any other token. */
function timesOf(part: string): Times | undefined {
  if (part === '*' || part === '+') return { least: 0, most: Infinity };
  if (part === '?') return { least: 0, most: 1 };
  if (!/^\{\d/.test(part)) return undefined;
  const [least = '', most] = part.slice(1, -1).split(',');
  return { least: Number(least), most: most === undefined ? Number(least) : most === '' ? Infinity : Number(most) };
}
