import { expect, it } from 'vitest';
import { Backpressure } from '../../../src/lib/backpressure.ts';

const turn = () => new Promise(setImmediate);

it('callers wait as long as the receiver is full', async () => {
  const receiver = { full: false };
  const backpressure = new Backpressure(() => receiver.full);
  await backpressure.whenReady();
  receiver.full = true;
  const passed: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    await backpressure.whenReady();
    passed.push(name);
  });
  backpressure.changed();
  await turn();
  expect(passed).toEqual([]);
  receiver.full = false;
  backpressure.changed();
  // It is full again before they look.
  receiver.full = true;
  await turn();
  expect(passed).toEqual([]);
  receiver.full = false;
  backpressure.changed();
  await Promise.all(waiting);
  expect(passed).toEqual(['a', 'b']);
});
