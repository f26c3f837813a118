/** How two MQTT topic filters lie to each other. Brokers deliver a message once for each filter that takes its topic. */

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

/** True if there is a topic that both filters take. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')];
  if (leadsNowhere(a, b) || leadsNowhere(b, a)) return false;
  for (let at = 0; ; at++) {
    const [left, right] = [a[at], b[at]];
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== '+' && right !== '+' && left !== right) return false;
  }
}

/** What begins with $ belongs to the broker; a wildcard in the first place does not lead there. */
function leadsNowhere([first]: readonly string[], [other]: readonly string[]): boolean {
  return (first === '#' || first === '+') && other?.startsWith('$') === true;
}
