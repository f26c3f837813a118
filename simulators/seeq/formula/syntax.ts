/** What a formula is made of. */
import type { Place } from './problem.ts';

export type Operator = '+' | '-' | '*' | '/' | '^' | '<' | '>' | '<=' | '>=' | '==' | '!=' | '&&' | '||';

export interface GridText {
  readonly zone?: string;
  readonly origin?: string;
}

export type Node = { readonly place: Place } & (
  | { readonly kind: 'number'; readonly value: number; readonly unit: string; readonly grid: GridText }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** `f(a, b)` and `a.f(b)` are the same. */
  | { readonly kind: 'call'; readonly name: string; readonly inputs: readonly Node[] }
  /** A name by itself, as in `true`, or with an owner, as in `SCALAR.INVALID`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'negative'; readonly of: Node }
);

export interface Program {
  /** `$name = ...`, in the order of the text. */
  readonly assignments: readonly { readonly name: string; readonly value: Node }[];
  readonly result: Node;
}
