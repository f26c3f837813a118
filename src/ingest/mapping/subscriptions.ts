/** The subscriptions of a mapping's entries. */

/** The part of an entry that is used here; `topicSchema` produces it. */
export interface Subscribable {
  readonly filter: string;
  readonly qos: 0 | 1;
  readonly share?: string | undefined;
}

/** The subscriptions of the entries, each once. Of several for one filter the highest QoS counts. */
export function subscriptionsOf(topics: readonly Subscribable[]): { filter: string; qos: 0 | 1 }[] {
  const all = new Map<string, 0 | 1>();
  for (const { filter, qos, share } of topics) {
    const whole = share === undefined ? filter : `$share/${share}/${filter}`;
    all.set(whole, qos === 1 ? 1 : (all.get(whole) ?? 0));
  }
  return Array.from(all, ([filter, qos]) => ({ filter, qos }));
}
