/** What is wrong with a formula, with its place in the text. Lines and columns count from 1. */
import { SeeqError } from '../http/errors.ts';

/** [Inferred: the member `errorType` is attested, its values are not.] */
export type ProblemKind = 'SYNTAX' | 'UNKNOWN_FUNCTION' | 'UNKNOWN_VARIABLE' | 'TYPE' | 'ARGUMENT' | 'UNIT';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export class FormulaProblem extends Error {
  readonly kind: ProblemKind;
  readonly place: Place;

  constructor(kind: ProblemKind, message: string, place: Place) {
    super(message);
    this.name = 'FormulaProblem';
    this.kind = kind;
    this.place = place;
  }

  /** In the shape of the API. */
  entry(): { message: string; errorType: string; errorCategory: string; line: number; column: number } {
    return { message: this.message, errorType: this.kind, errorCategory: 'FORMULA', ...this.place };
  }

  /** The refusal of a run. */
  refusal(): SeeqError {
    const { line, column } = this.place;
    return new SeeqError(400, `${this.message} at line ${line}, column ${column}`, [this.entry()]);
  }
}
