/** What the subject tells on which a message of JetStream is acknowledged. */
export interface MessageNumbers {
  /** Number in the stream. */
  readonly seq: number;
  /** Number among all that the consumer gave out; one that is given out again gets a new one. */
  readonly given: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<times given>.<stream seq>.<consumer seq>.<time>.<pending>`; later servers put a
 * domain and an account after `$JS.ACK`, and a token more at the end. Undefined for anything else.
 */
export function numbersOf(ackSubject: string): MessageNumbers | undefined {
  const tokens = ackSubject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const at = tokens.length === 9 ? 5 : 7;
  const [seq, given] = [Number(tokens[at]), Number(tokens[at + 1])];
  return isNumber(seq) && isNumber(given) ? { seq, given } : undefined;
}

const isNumber = (number: number): boolean => Number.isSafeInteger(number) && number > 0;
