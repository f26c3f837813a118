/** Removes subscriptions that others cover: brokers deliver a message once for each matching subscription. */
import type { Subscription } from './client-options.ts';

/**
 * Returns the smallest set of subscriptions for the same topics, each filter once. A filter that covers others gets the
 * highest QoS of all of them.
 */
export function reduce(subscriptions: readonly Subscription[]): Subscription[] {
  const all = new Map<string, 0 | 1>();
  const roots = new Map<string, Node>();
  for (const { filter, qos } of subscriptions) {
    if (!all.has(filter)) plant(roots, filter);
    all.set(filter, all.get(filter) === 1 ? 1 : qos);
  }
  const outerOf = (filter: string): string | undefined => {
    const { group, levels } = split(filter);
    const root = roots.get(group);
    return root && find(root, levels, 0, filter);
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

function plant(roots: Map<string, Node>, filter: string): void {
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
function find({ children, filter }: Node, levels: readonly string[], at: number, self: string): string | undefined {
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
    const found = child && find(child, levels, at + 1, self);
    if (found !== undefined) return found;
  }
  return undefined;
}
