/** Values of which no two may be the same. */
import { z } from 'zod';
import { listRule, type Report } from './rules.ts';

/** One of the values. */
export interface UniqueValue {
  /** Equal for values that count as the same. */
  readonly key: string;
  /** Path below the value that the rule reads. */
  readonly path: readonly PropertyKey[];
}

/**
 * Reports each value that repeats an earlier one.
 * @param foundIn the value for the message, if the file may not have it at this path
 */
export function reportRepeated<V extends UniqueValue>(
  values: readonly V[],
  report: Report,
  messageOf: (earlier: V) => string,
  foundIn?: (value: V) => string,
): void {
  const first = new Map<string, V>();
  for (const value of values) {
    const earlier = first.get(value.key);
    if (earlier === undefined) first.set(value.key, value);
    else report.problem(value.path, messageOf(earlier), foundIn?.(value));
  }
}

/** Equal for names that count as the same. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase();

/** A list of named connections. The name is part of every FQN, so two of one name would be ambiguous. */
export const namedList = <S extends z.ZodType<{ name: string }>>(entry: S) =>
  z
    .array(entry)
    .default([])
    .check(
      listRule<{ name: string }>((entries, report) => {
        const names = entries.flatMap((one, at) =>
          report.isValid(at, 'name') ? [{ key: nameKey(one.name), path: [at, 'name'] }] : [],
        );
        reportRepeated(
          names,
          report,
          ({ path }) => `is the same name as ${report.at(...path)} (letter case does not count)`,
        );
      }),
    );
