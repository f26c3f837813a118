/** What to subscribe to for the entries of a mapping. */

/** The part of an entry that matters here; `topicSchema` gives it. */
export interface Subscribable {
  readonly filter: string;
  readonly qos: 0 | 1;
  readonly share?: string | undefined;
}

/** The subscriptions of the entries, each once; of several for one filter the highest quality of service. */
export function subscriptionsOf(topics: readonly Subscribable[]): { filter: string; qos: 0 | 1 }[] {
  const all = new Map<string, 0 | 1>();
  for (const { filter, qos, share } of topics) {
    const whole = share === undefined ? filter : `$share/${share}/${filter}`;
    all.set(whole, qos === 1 ? 1 : (all.get(whole) ?? 0));
  }
  return Array.from(all, ([filter, qos]) => ({ filter, qos }));
}
