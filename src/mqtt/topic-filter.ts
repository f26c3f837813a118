/**
 * The rules of MQTT topic filters (MQTT 5, section 4.7): which texts are filters, which topics they match, how they
 * overlap. Brokers deliver a message once for each subscription that matches its topic.
 */

/** Longest text in MQTT. */
const LONGEST_BYTES = 65_535;
/** mosquitto closes the connection of a client that subscribes to more levels (TOPIC_HIERARCHY_LIMIT). */
const MOST_LEVELS = 200;

/** Why `text` is not a valid topic filter, to follow its name. Undefined if it is valid. */
export function filterProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  // MQTT allows most of them, but brokers close the connection because of them (MQTT 5, section 1.5.4).
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    return 'must hold no control characters (no NUL, no line breaks) and no half of a surrogate pair';
  if (Buffer.byteLength(text) > LONGEST_BYTES) return `must have at most ${LONGEST_BYTES} bytes`;
  if (/^\$share(\/|$)/.test(text)) return 'must not begin with $share/; name the group in share, and the filter here';
  const levels = text.split('/');
  if (levels.length > MOST_LEVELS) return `must have at most ${MOST_LEVELS} levels`;
  for (const [at, level] of levels.entries()) {
    if (level.includes('+') && level !== '+') return 'must have + only as a whole level, as in "plant/+/temperature"';
    if (!level.includes('#')) continue;
    if (level !== '#') return 'must have # only as a whole level, as in "plant/#"';
    if (at < levels.length - 1) return 'must have # only as the last level, as in "plant/#"';
  }
  return undefined;
}

/** Compiles a filter to a test of the levels of a topic. */
export function topicMatcher(filter: string): (levels: readonly string[]) => boolean {
  const wanted = filter.split('/');
  const open = wanted.at(-1) === '#';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  return (levels) => {
    // `a/#` matches `a` as well.
    if (open ? levels.length < fixed.length : levels.length !== fixed.length) return false;
    return !isReserved(wanted, levels) && fixed.every((level, at) => level === '+' || level === levels[at]);
  };
}

/** True if `outer` matches every topic that `inner` matches. */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [outer.split('/'), inner.split('/')];
  if (isReserved(wide, narrow)) return false;
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
  return !isReserved(other.split('/'), one.split('/')) && canMatch(one, other.split('/'));
}

/**
 * True if a topic matches the filter and, level by level, the other levels. A wildcard of these also matches a level
 * that begins with $.
 */
export function canMatch(filter: string, levels: readonly string[]): boolean {
  const wanted = filter.split('/');
  if (isReserved(wanted, levels)) return false;
  for (let at = 0; ; at++) {
    const [left, right] = [wanted[at], levels[at]];
    // `#` also matches zero levels: `a/#` matches `a`.
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== '+' && right !== '+' && left !== right) return false;
  }
}

/** Topics that begin with $ belong to the broker. A leading wildcard of a filter does not match them. */
function isReserved([first]: readonly string[], [other]: readonly string[]): boolean {
  return (first === '#' || first === '+') && other?.startsWith('$') === true;
}

/** A filter with its quality of service. */
export interface Subscription {
  /** May begin with `$share/<group>/`. */
  readonly filter: string;
  readonly qos: 0 | 1;
}

/**
 * Returns the smallest set of subscriptions for the same topics, each filter once. A filter that covers others gets the
 * highest QoS of all of them.
 */
export function minimizeSubscriptions(subscriptions: readonly Subscription[]): Subscription[] {
  const all = new Map<string, 0 | 1>();
  const roots = new Map<string, Node>();
  for (const { filter, qos } of subscriptions) {
    if (!all.has(filter)) addTo(roots, filter);
    all.set(filter, all.get(filter) === 1 ? 1 : qos);
  }
  const outerOf = (filter: string): string | undefined => {
    const { group, levels } = split(filter);
    const root = roots.get(group);
    return root && outerIn(root, levels, 0, filter);
  };
  const kept = new Map<string, 0 | 1>();
  for (const [filter, qos] of all) {
    let outermost = filter;
    for (let outer = outerOf(filter); outer !== undefined; outer = outerOf(outer)) outermost = outer;
    kept.set(outermost, kept.get(outermost) === 1 ? 1 : qos);
  }
  return Array.from(kept, ([filter, qos]) => ({ filter, qos }));
}

/** The filters of a group as a tree of levels. */
interface Node {
  readonly children: Map<string, Node>;
  /** The filter that ends at this node. */
  filter: string | undefined;
}

const newNode = (): Node => ({ children: new Map(), filter: undefined });

/** A shared subscription is delivered to its group, independent of other subscriptions. */
function split(filter: string): { group: string; levels: string[] } {
  const [, group = '', rest = filter] = /^\$share\/([^/]+)\/(.*)$/s.exec(filter) ?? [];
  return { group, levels: rest.split('/') };
}

function addTo(roots: Map<string, Node>, filter: string): void {
  const { group, levels } = split(filter);
  let node = roots.get(group) ?? newNode();
  roots.set(group, node);
  for (const level of levels) {
    const child = node.children.get(level) ?? newNode();
    node.children.set(level, child);
    node = child;
  }
  node.filter = filter;
}

/** Finds another filter that covers all topics of the given one (MQTT 5, section 4.7). */
function outerIn({ children, filter }: Node, levels: readonly string[], at: number, self: string): string | undefined {
  const level = levels[at];
  // Topics that begin with $ belong to the broker. A leading wildcard does not match them.
  const wild = at > 0 || level?.startsWith('$') !== true;
  // `#` also matches zero levels: `a/#` covers `a`.
  const rest = wild ? children.get('#')?.filter : undefined;
  if (rest !== undefined && rest !== self) return rest;
  if (level === undefined) return filter === self ? undefined : filter;
  if (level === '#') return undefined;
  for (const name of wild && level !== '+' ? ['+', level] : [level]) {
    const child = children.get(name);
    const found = child && outerIn(child, levels, at + 1, self);
    if (found !== undefined) return found;
  }
  return undefined;
}
