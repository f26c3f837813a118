/** Which delivery is a repetition, and of what. */
import { expect, test } from 'vitest';
import { RedeliveryCache } from '../../../src/mqtt/redelivery-cache.ts';

const message = (messageId: number, text: string, dup = false) => ({
  ...{ messageId, dup, topic: 't' },
  payload: Buffer.from(text),
});

test('an id whose message was not acknowledged still belongs to it, also if the broker does not say so', () => {
  const arrivals = new RedeliveryCache();
  expect(arrivals.note(message(1, 'a'), 10n)).toEqual({ received: 10n, again: false });
  expect(arrivals.note(message(1, 'a'), 20n)).toEqual({ received: 10n, again: true });
  expect(arrivals.note(message(1, 'b', true), 30n)).toEqual({ received: 30n, again: false });
  expect(arrivals.note(message(2, 'b', true), 40n)).toEqual({ received: 40n, again: false });
});

test('an acknowledgement that may have been lost: the broker has to say that it repeats', () => {
  const arrivals = new RedeliveryCache();
  arrivals.note(message(1, 'a'), 10n);
  arrivals.acknowledged(1);
  arrivals.reconnected(true);
  expect(arrivals.note(message(1, 'a', true), 20n)).toEqual({ received: 10n, again: true });
  arrivals.acknowledged(1);
  expect(arrivals.note(message(1, 'a'), 30n)).toEqual({ received: 30n, again: false });
});

test('an acknowledgement that has arrived, as a later ping shows: the id is free for another message', () => {
  const arrivals = new RedeliveryCache();
  arrivals.note(message(1, 'a'), 10n);
  arrivals.note(message(2, 'a'), 11n);
  arrivals.acknowledged(1);
  arrivals.pinged();
  arrivals.acknowledged(2);
  arrivals.answered();
  // Lost on its first way, so that this is the first that is seen of it.
  expect(arrivals.note(message(1, 'a', true), 20n)).toEqual({ received: 20n, again: false });
  expect(arrivals.note(message(2, 'a', true), 21n)).toEqual({ received: 11n, again: true });
});

test('a ping of a former connection says nothing', () => {
  const arrivals = new RedeliveryCache();
  arrivals.note(message(1, 'a'), 10n);
  arrivals.acknowledged(1);
  arrivals.pinged();
  arrivals.reconnected(true);
  arrivals.answered();
  expect(arrivals.note(message(1, 'a', true), 20n).again).toBe(true);
});

test('without the session nothing is repeated', () => {
  const arrivals = new RedeliveryCache();
  arrivals.note(message(1, 'a'), 10n);
  arrivals.reconnected(false);
  expect(arrivals.note(message(1, 'a', true), 20n)).toEqual({ received: 20n, again: false });
});
