/** The metadata in the acknowledgement subject of a JetStream message. */
export interface MessageNumbers {
  /** Sequence number in the stream. */
  readonly seq: number;
  /**
   * When it was stored, in nanoseconds since 1970. Together with the sequence it identifies a message: a stream that
   * was restored to an earlier state, or created again, gives the same sequences to other messages.
   */
  readonly stored: string;
  /** Number of deliveries, including this one. */
  readonly times: number;
  /** Consumer sequence. A redelivery gets a new one. */
  readonly given: number;
}

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<times given>.<stream seq>.<consumer seq>.<time>.<pending>`. Later servers add a
 * domain and an account after `$JS.ACK`, and one more token at the end. Returns undefined for anything else, and for
 * messages of another consumer.
 */
export function numbersOf(
  ackSubject: string,
  consumer: { stream: string; durable: string },
): MessageNumbers | undefined {
  const tokens = ackSubject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const at = tokens.length === 9 ? 4 : 6;
  // A client that can publish to the inbox must not cause acknowledgements of other consumers' messages.
  if (tokens[at - 2] !== consumer.stream || tokens[at - 1] !== consumer.durable) return undefined;
  const [times, seq, given] = [Number(tokens[at]), Number(tokens[at + 1]), Number(tokens[at + 2])];
  const stored = tokens[at + 3];
  if (!isNumber(times) || !isNumber(seq) || !isNumber(given) || stored === undefined) return undefined;
  return { seq, stored, times, given };
}

const isNumber = (number: number): boolean => Number.isSafeInteger(number) && number > 0;
