import { distance } from 'fastest-levenshtein';
import { allOf } from './phrases.ts';
import { keyText } from './problem.ts';

/** Synonyms of the driver's names in other systems and languages. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  // Statistics.
  mean: ['average'],
  sum: ['total'],
  integral: ['total'],
  totalize: ['total'],
  stdev: ['stdDev'],
  sigma: ['stdDev'],
  delta: ['range'],
  // Parameters.
  tags: ['items'],
  fqns: ['items'],
  fqn: ['items'],
  ids: ['items'],
  points: ['items'],
  from: ['start'],
  begin: ['start'],
  since: ['start'],
  to: ['end'],
  until: ['end'],
  stop: ['end'],
  tz: ['timeZone'],
  search: ['query', 'tagsearch'],
  filter: ['query', 'where'],
  step: ['intervalMs'],
  server: ['host'],
  hostname: ['host'],
  method: ['methods', 'function'],
  args: ['params'],
  arguments: ['params'],
  parameters: ['params'],
  reply: ['replyTo'],
  // Functions.
  current: ['snapshot'],
  history: ['discrete'],
  raw: ['discrete'],
  recorded: ['discrete'],
  subscribe: ['eventpipepoll'],
  capsules: ['timeframesearch'],
  browse: ['elementsearch'],
};

/** Shorter texts are too ambiguous for a prefix or an abbreviation. */
const SHORTEST_PART = 3;

/**
 * The known name that a wrong one probably means, or undefined. Letter case and `-`/`_` are ignored. One typo per three
 * letters is accepted. Synonyms, shortened (`avg`) and lengthened (`maximum`) forms are recognized.
 */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const wanted = plain(given).slice(0, 64);
  const same = known.find((name) => plain(name) === wanted);
  if (same !== undefined) return same;
  const synonyms = Object.hasOwn(SYNONYMS, wanted) ? SYNONYMS[wanted] : undefined;
  return synonyms?.find((name) => known.includes(name)) ?? fewestSlips(wanted, known) ?? partOf(wanted, known);
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

function fewestSlips(wanted: string, known: readonly string[]): string | undefined {
  let best: { name: string; slips: number } | undefined;
  for (const name of known) {
    const slips = slipsBetween(wanted, plain(name));
    if (slips < name.length && slips <= Math.max(1, Math.floor(name.length / 3)) && (!best || slips < best.slips))
      best = { name, slips };
  }
  return best?.name;
}

/** The only name that begins with the text, or with which it begins. Otherwise the only one that it abbreviates. */
function partOf(wanted: string, known: readonly string[]): string | undefined {
  if (wanted.length < SHORTEST_PART) return undefined;
  const begins = (name: string): boolean =>
    name.startsWith(wanted) || (name.length >= SHORTEST_PART && wanted.startsWith(name));
  return onlyOne(known, (name) => begins(plain(name))) ?? onlyOne(known, (name) => abbreviates(wanted, plain(name)));
}

function onlyOne(known: readonly string[], fits: (name: string) => boolean): string | undefined {
  const [first, ...more] = known.filter(fits);
  return more.length === 0 ? first : undefined;
}

/** Whether the name contains all letters in this order, with the same first letter: "avg" in "average". */
function abbreviates(short: string, name: string): boolean {
  if (!name.startsWith(short.charAt(0))) return false;
  let at = 0;
  for (const letter of name) if (letter === short[at]) at++;
  return at === short.length;
}

/** The end of a sentence about an unknown name: `; did you mean "x"?` or empty. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean ${JSON.stringify(name)}?`;
}

/** Longest list of known names in a message. */
const MOST_NAMES = 20;

/** The end of a sentence about an unknown name: the suggestion, or otherwise the known names. */
export function didYouMeanOneOf(given: string, known: readonly string[]): string {
  if (known.length === 0) return '; none is known here';
  const shown = known.slice(0, MOST_NAMES).map(keyText);
  const more = known.length - shown.length;
  return (
    didYouMean(given, known) || `; known here: ${more > 0 ? `${shown.join(', ')} and ${more} more` : allOf(shown)}`
  );
}

/** Edit distance. Transposed letters count once, as the most frequent typo. */
function slipsBetween(a: string, b: string): number {
  const slips = distance(a, b);
  return slips === 2 && sorted(a) === sorted(b) ? 1 : slips;
}

const sorted = (text: string): string => Array.from(text).sort().join('');
