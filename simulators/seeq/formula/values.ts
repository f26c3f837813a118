/**
 * What an expression is. Signals and conditions are read when somebody asks for a range of them, and a scalar is
 * computed when somebody asks for its value, so that compiling a formula reads no data and running it reads what its
 * result needs.
 */
import type { Statistic } from '../algebra/statistics.ts';
import type { KeyPlace } from '../algebra/aggregate.ts';
import type { Meter } from '../algebra/meter.ts';
import type { Test } from '../algebra/value-search.ts';
import { done, ready, type Work } from '../algebra/work.ts';
import type { ConditionData, SignalData } from '../plant/item.ts';
import type { Table } from './table.ts';

export interface ScalarResult {
  /** Undefined: the scalar is invalid. */
  readonly value: number | string | boolean | undefined;
  readonly unit: string;
  readonly uncertain?: boolean;
}

export interface SignalValue {
  readonly kind: 'signal';
  readonly signal: SignalData;
  /** Set where the signal is the same at all times. */
  readonly constant?: ScalarValue;
  /** How many signals one sample costs to read; bounds formulas that double themselves. */
  readonly cost: number;
}

export interface ConditionValue {
  readonly kind: 'condition';
  readonly condition: ConditionData;
  /** Id of the item where the condition is one, unchanged. */
  readonly itemId?: string;
  readonly cost: number;
}

export interface ScalarValue {
  readonly kind: 'scalar';
  readonly unit: string;
  /** Known from the text alone. */
  readonly constant?: ScalarResult;
  readonly compute: () => Work<ScalarResult>;
}

export type Value =
  | SignalValue
  | ConditionValue
  | ScalarValue
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'capsule'; readonly start: bigint; readonly end: bigint }
  | { readonly kind: 'time'; readonly at: bigint }
  | { readonly kind: 'group'; readonly names: readonly string[] }
  | { readonly kind: 'capsules'; readonly capsules: readonly { readonly start: bigint; readonly end: bigint }[] }
  | { readonly kind: 'statistic'; readonly statistic: Statistic }
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'key'; readonly place: KeyPlace }
  | { readonly kind: 'boundary'; readonly name: string };

export type Kind = Value['kind'];

/** As the API names what a formula returns. [Inferred for all but those that a client asks for.] */
export const RETURN_TYPES: Readonly<Record<Kind, string>> = {
  signal: 'Signal',
  condition: 'Condition',
  scalar: 'Scalar',
  table: 'Table',
  capsule: 'Capsule',
  time: 'Scalar',
  group: 'Group',
  capsules: 'Group',
  statistic: 'Statistic',
  test: 'ValuePredicate',
  key: 'SampleKey',
  boundary: 'CapsuleBoundary',
};

export function constant(value: ScalarResult['value'], unit = ''): ScalarValue {
  const result = { value, unit };
  return { kind: 'scalar', unit, constant: result, compute: () => ready(result) };
}

/** What functions know besides their inputs. */
export interface Evaluation {
  /** Current time of the simulated server, nanoseconds since 1970. */
  readonly now: () => bigint;
  /**
   * Scalars that read data, each after those that it needs. A run computes them first, in steps, so that nothing that
   * uses them has to wait.
   */
  readonly computed: ScalarValue[];
  /** What the formula reads goes through it. */
  readonly meter: Meter;
}

/** A scalar that is computed once. */
export function computed(evaluation: Evaluation, unit: string, work: () => Work<ScalarResult>): ScalarValue {
  let known: ScalarResult | undefined;
  const scalar: ScalarValue = {
    kind: 'scalar',
    unit,
    *compute() {
      known ??= yield* work();
      return known;
    },
  };
  evaluation.computed.push(scalar);
  return scalar;
}

/** The value of a scalar at once; only for what runs after the computed ones. */
export function valueOf(scalar: ScalarValue): ScalarResult {
  return scalar.constant ?? done(scalar.compute());
}
