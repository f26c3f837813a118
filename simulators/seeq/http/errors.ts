/** A refusal in the shape that Seeq gives it: a status, a text for people, and sometimes several reasons. */
export class SeeqError extends Error {
  readonly status: number;
  readonly reasons: readonly object[];

  constructor(status: number, message: string, reasons: readonly object[] = []) {
    super(message);
    this.name = 'SeeqError';
    this.status = status;
    this.reasons = reasons;
  }

  /** The body: `statusMessage`, and `_embedded.errors` where there are single reasons. */
  body(): object {
    return this.reasons.length === 0
      ? { statusMessage: this.message }
      : { statusMessage: this.message, _embedded: { errors: this.reasons } };
  }
}
