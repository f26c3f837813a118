/** Compares two sets of names and takes away what differs on purpose. */
import type { Names } from './described.ts';

export interface Difference {
  /** `operation part` or `Model.field`, as in `get_samples query start` and `CapsuleV1.start`. */
  readonly at: string;
  /** What Seeq's client declares; undefined where it declares nothing. */
  readonly declared: string | undefined;
  /** What the description says; undefined where it says nothing. */
  readonly described: string | undefined;
}

/** A difference that is meant, and why. A `*` in `at` matches any name. */
export interface Deliberate extends Difference {
  readonly why: string;
}

export interface Comparison {
  /** Differences that nobody meant. */
  readonly unexpected: Difference[];
  /** Entries of the list of deliberate differences that match nothing any more. */
  readonly stale: Deliberate[];
}

export function compare(declared: Names, described: Names, deliberate: readonly Deliberate[]): Comparison {
  const differences = differencesOf(flat(declared), flat(described));
  const used = new Set<Deliberate>();
  const unexpected = differences.filter((difference) => {
    const meant = deliberate.filter((entry) => covers(entry, difference));
    for (const entry of meant) used.add(entry);
    return meant.length === 0;
  });
  return { unexpected, stale: deliberate.filter((entry) => !used.has(entry)) };
}

/** One line a name; operations and models themselves have a line too, so that one without parts is seen. */
function flat({ mediaType, operations, models }: Names): Map<string, string> {
  const names = new Map([['media type', mediaType]]);
  for (const [operation, parts] of Object.entries(operations)) {
    for (const [part, text] of Object.entries(parts)) names.set(`${operation} ${part}`, text);
  }
  for (const [model, fields] of Object.entries(models)) {
    names.set(model, 'model');
    for (const [field, text] of Object.entries(fields)) names.set(`${model}.${field}`, text);
  }
  return names;
}

function differencesOf(declared: ReadonlyMap<string, string>, described: ReadonlyMap<string, string>): Difference[] {
  return [...new Set([...declared.keys(), ...described.keys()])]
    .map((at) => ({ at, declared: declared.get(at), described: described.get(at) }))
    .filter((name) => name.declared !== name.described);
}

function covers(entry: Deliberate, difference: Difference): boolean {
  const place = new RegExp(`^${entry.at.split('*').map(escaped).join('[^ .]+')}$`);
  return (
    entry.declared === difference.declared && entry.described === difference.described && place.test(difference.at)
  );
}

function escaped(text: string): string {
  return text.replace(/[.()[\]|+?^$\\{}]/g, '\\$&');
}
