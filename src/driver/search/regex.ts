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

/** What a part can match: in how many ways, and how many repetitions without a bound that one text can be shared by. */
interface Freedom {
  ways: number;
  unbounded: number;
}

/** An open group: the freedom of its present alternative, and of those before it together. */
interface Group extends Freedom {
  before: Freedom;
}

const openGroup = (): Group => ({ ways: 1, unbounded: 0, before: { ways: 0, unbounded: 0 } });

/**
 * A group that matches in several ways, repeated, such as `(a+)+` or `(a|aa)*`, many repetitions or choices in a row, and
 * a back reference make an engine try more ways than a name has letters, which can hold up a server for hours.
 */
function costProblem(regex: string): string | undefined {
  const open: Group[] = [openGroup()];
  /** What a quantifier would repeat. */
  let last: Freedom | undefined;
  for (const [part] of regex.matchAll(PARTS)) {
    if (/^\\(?:[1-9]|k<)/.test(part)) {
      return `must not refer back (${part}) in a regular expression, which can take a server hours`;
    }
    const times = timesOf(part);
    const group = open.at(-1) ?? openGroup();
    if (times !== undefined) {
      // A second quantifier tells only how the first one goes about it.
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

/** Of all alternatives of a group; only one of them matches. */
const either = ({ ways, unbounded, before }: Group): Freedom => ({
  ways: ways + before.ways,
  unbounded: Math.max(unbounded, before.unbounded),
});

/** Counts a repetition of what has been counted once. */
function repeat(group: Group, { ways, unbounded }: Freedom, { least, most }: Times): void {
  if (most > MOST_TIMES) {
    if (most !== least) group.unbounded++;
    return;
  }
  group.ways *= ways ** Math.max(0, most - 1) * (most - least + 1);
  group.unbounded += unbounded * Math.max(0, most - 1);
}

/** As many times a group that matches in several ways may be repeated, as in `(\d+\.){3}`. */
const MOST_TIMES = 8;
/** Repetitions side by side share a text in as many ways as its length to the power of their number. */
const MOST_UNBOUNDED = 6;
/** Choices in a row multiply. */
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

/** What belongs together: escapes, classes, the beginning of a group, quantifiers, single signs. */
const PARTS = /\\(?:k<[^>]*>|[^])|\[(?:\\[^]|[^\]\\])*\]?|\((?:\?(?:[:=!>]|<[=!]|P?<[^>]*>))?|\{\d+(?:,\d*)?\}|[^]/g;

interface Times {
  least: number;
  most: number;
}

/** How often a quantifier repeats; undefined for a part that is none. */
function timesOf(part: string): Times | undefined {
  if (part === '*' || part === '+') return { least: 0, most: Infinity };
  if (part === '?') return { least: 0, most: 1 };
  if (!/^\{\d/.test(part)) return undefined;
  const [least = '', most] = part.slice(1, -1).split(',');
  return { least: Number(least), most: most === undefined ? Number(least) : most === '' ? Infinity : Number(most) };
}
