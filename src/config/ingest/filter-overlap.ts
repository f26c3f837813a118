/**
 * How MQTT topic filters lie to each other, and to the patterns beside them. Brokers deliver a message once for each
 * filter that takes its topic.
 */
import type { PatternLevel } from './topic-filter.ts';

/** True if every topic that `inner` takes is also taken by `outer` (MQTT 5, section 4.7). */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [outer.split('/'), inner.split('/')];
  if (leadsNowhere(wide, narrow)) return false;
  for (const [at, level] of wide.entries()) {
    // Also no level at all: `a/#` takes `a`.
    if (level === '#') return true;
    const other = narrow[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return narrow.length === wide.length;
}

/** True if there is a topic that both filters take. One of them may be a topic itself. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')];
  return !leadsNowhere(a, b) && !leadsNowhere(b, a) && meet(a, b);
}

/** True if there is a topic that the filter takes and the pattern fits; a wildcard of a pattern fits what begins with $. */
export function canMeet(filter: string, pattern: readonly PatternLevel[]): boolean {
  const a = filter.split('/');
  const b = pattern.map((level) => (level.kind === 'text' ? level.text : level.kind === 'one' ? '+' : '#'));
  return !leadsNowhere(a, b) && meet(a, b);
}

/** Whether there is a topic for both, level by level. */
function meet(a: readonly string[], b: readonly string[]): boolean {
  for (let at = 0; ; at++) {
    const [left, right] = [a[at], b[at]];
    // Also no level at all: `a/#` takes `a`.
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== '+' && right !== '+' && left !== right) return false;
  }
}

/** What begins with $ belongs to the broker; a wildcard in the first place of a filter does not lead there. */
function leadsNowhere([first]: readonly string[], [other]: readonly string[]): boolean {
  return (first === '#' || first === '+') && other?.startsWith('$') === true;
}
