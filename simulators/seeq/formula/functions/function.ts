import type { Inputs } from '../inputs.ts';
import type { Value, Evaluation } from '../values.ts';

/** One function of the formula language. Which of its forms is meant follows from the inputs. */
export interface FormulaFunction {
  /** As the vendor writes it; the case does not matter in a formula. */
  readonly name: string;
  /** Fewest and most inputs, the one before the dot of the method form included. */
  readonly inputs: readonly [least: number, most: number];
  readonly apply: (inputs: Inputs, evaluation: Evaluation) => Value;
}
