/** What the subject tells on which a message of JetStream is acknowledged. */
export interface MessageNumbers {
  /** Number in the stream. */
  readonly seq: number;
  /**
   * When it was stored, nanoseconds since 1970. Together with the number it tells one message from all others: a stream
   * that was put back to an earlier state, or made anew, gives the same numbers to other messages.
   */
  readonly stored: string;
  /** How often it was given out, this time included. */
  readonly times: number;
  /** Number among all that the consumer gave out; one that is given out again gets a new one. */
  readonly given: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<times given>.<stream seq>.<consumer seq>.<time>.<pending>`; later servers put a
 * domain and an account after `$JS.ACK`, and a token more at the end. Undefined for anything else, and for
 * messages of another consumer.
 */
export function numbersOf(
  ackSubject: string,
  consumer: { stream: string; durable: string },
): MessageNumbers | undefined {
  const tokens = ackSubject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const at = tokens.length === 9 ? 4 : 6;
  // Whoever can write to the inbox must not have the messages of other consumers acknowledged.
  if (tokens[at - 2] !== consumer.stream || tokens[at - 1] !== consumer.durable) return undefined;
  const [times, seq, given] = [Number(tokens[at]), Number(tokens[at + 1]), Number(tokens[at + 2])];
  const stored = tokens[at + 3];
  if (!isNumber(times) || !isNumber(seq) || !isNumber(given) || stored === undefined) return undefined;
  return { seq, stored, times, given };
}

const isNumber = (number: number): boolean => Number.isSafeInteger(number) && number > 0;
