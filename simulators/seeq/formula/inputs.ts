/** The inputs of a function call, each taken as what the function needs, or refused with its place in the text. */
import type { Statistic } from '../algebra/statistics.ts';
import type { KeyPlace } from '../algebra/aggregate.ts';
import type { Test } from '../algebra/value-search.ts';
import { durationUnit, parseTime } from '../series/time.ts';
import { FormulaProblem, type Place, type ProblemKind } from './problem.ts';
import type { GridText, Node } from './syntax.ts';
import {
  RETURN_TYPES,
  type ConditionValue,
  type Kind,
  type ScalarValue,
  type SignalValue,
  type Value,
} from './values.ts';

type Of<K extends Kind> = Extract<Value, { kind: K }>;

export class Inputs {
  readonly name: string;
  readonly place: Place;
  readonly #values: readonly Value[];
  readonly #nodes: readonly Node[];

  constructor(name: string, place: Place, nodes: readonly Node[], values: readonly Value[]) {
    this.name = name;
    this.place = place;
    this.#nodes = nodes;
    this.#values = values;
  }

  get count(): number {
    return this.#values.length;
  }

  /** Undefined past the last input. */
  kind(at: number): Kind | undefined {
    return this.#values[at]?.kind;
  }

  problem(kind: ProblemKind, message: string, at?: number): FormulaProblem {
    const node = at === undefined ? undefined : this.#nodes[at];
    return new FormulaProblem(kind, message, node?.place ?? this.place);
  }

  /** @throws FormulaProblem where the input is missing or is something else */
  of<K extends Kind>(at: number, kind: K): Of<K> {
    const value = this.#values[at];
    if (value === undefined) {
      throw this.problem('ARGUMENT', `${this.name}() needs a ${RETURN_TYPES[kind]} as its input ${at + 1}`);
    }
    if (value.kind !== kind) {
      const is = `a ${RETURN_TYPES[value.kind]}, but ${this.name}() needs a ${RETURN_TYPES[kind]} there`;
      throw this.problem('TYPE', `The input ${at + 1} is ${is}`, at);
    }
    return value as Of<K>;
  }

  signal(at: number): SignalValue {
    return this.of(at, 'signal');
  }

  condition(at: number): ConditionValue {
    return this.of(at, 'condition');
  }

  scalar(at: number): ScalarValue {
    return this.of(at, 'scalar');
  }

  statistic(at: number): Statistic {
    return this.of(at, 'statistic').statistic;
  }

  test(at: number): Test {
    return this.of(at, 'test').test;
  }

  key(at: number): KeyPlace {
    return this.of(at, 'key').place;
  }

  /** Nanoseconds; the input must be a constant with a unit of time. */
  duration(at: number): bigint {
    const { constant } = this.scalar(at);
    if (constant === undefined) throw this.problem('ARGUMENT', 'The duration must be a constant', at);
    const unit = durationUnit(constant.unit);
    if (unit === undefined || typeof constant.value !== 'number' || !Number.isFinite(constant.value)) {
      throw this.problem('UNIT', `The input ${at + 1} of ${this.name}() must be a duration such as 15min`, at);
    }
    const nanos = constant.value * Number(unit);
    // Whole numbers of a unit stay exact.
    const exact = Number.isSafeInteger(constant.value) ? BigInt(constant.value) * unit : BigInt(Math.round(nanos));
    if (Math.abs(nanos) > LONGEST) throw this.problem('ARGUMENT', 'The duration is too long', at);
    return exact;
  }

  /** A duration longer than nothing. */
  period(at: number): bigint {
    const period = this.duration(at);
    if (period <= 0n) throw this.problem('ARGUMENT', 'The period must be longer than nothing', at);
    return period;
  }

  /** What follows a duration to place its grid. */
  grid(at: number): GridText {
    const node = this.#nodes[at];
    return node?.kind === 'number' ? node.grid : {};
  }

  text(at: number): string {
    const { constant } = this.scalar(at);
    if (typeof constant?.value !== 'string') throw this.problem('TYPE', `${this.name}() needs text here`, at);
    return constant.value;
  }

  number(at: number): number {
    const { constant } = this.scalar(at);
    if (typeof constant?.value !== 'number') throw this.problem('TYPE', `${this.name}() needs a number here`, at);
    return constant.value;
  }

  /** A time in text, ISO 8601 with offset. */
  time(at: number): bigint {
    try {
      return parseTime(this.text(at), 'time');
    } catch (error) {
      if (error instanceof FormulaProblem) throw error;
      throw this.problem('ARGUMENT', `'${this.text(at)}' is not a time in ISO 8601 with an offset`, at);
    }
  }
}

/** A thousand years. */
const LONGEST = 3.2e19;
