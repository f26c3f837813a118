/**
 * How MQTT topic filters overlap with each other and with their patterns. Brokers deliver a message once for each
 * filter that matches its topic.
 */
import type { PatternLevel } from './topic-filter.ts';

/** True if `outer` matches every topic that `inner` matches (MQTT 5, section 4.7). */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [outer.split('/'), inner.split('/')];
  if (leadsNowhere(wide, narrow)) return false;
  for (const [at, level] of wide.entries()) {
    // `#` also matches zero levels: `a/#` matches `a`.
    if (level === '#') return true;
    const other = narrow[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return narrow.length === wide.length;
}

/** True if a topic matches both filters. One of them may be a topic itself. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')];
  return !leadsNowhere(a, b) && !leadsNowhere(b, a) && meet(a, b);
}

/**
 * True if a topic matches both the filter and the pattern. A wildcard of a pattern also matches a level that begins
 * with $.
 */
export function canMeet(filter: string, pattern: readonly PatternLevel[]): boolean {
  const a = filter.split('/');
  const b = pattern.map((level) => (level.kind === 'text' ? level.text : level.kind === 'one' ? '+' : '#'));
  return !leadsNowhere(a, b) && meet(a, b);
}

/** Whether a topic matches both, compared by level. */
function meet(a: readonly string[], b: readonly string[]): boolean {
  for (let at = 0; ; at++) {
    const [left, right] = [a[at], b[at]];
    // `#` also matches zero levels: `a/#` matches `a`.
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== '+' && right !== '+' && left !== right) return false;
  }
}

/** Topics that begin with $ belong to the broker. A leading wildcard of a filter does not match them. */
function leadsNowhere([first]: readonly string[], [other]: readonly string[]): boolean {
  return (first === '#' || first === '+') && other?.startsWith('$') === true;
}
