/** Thousands of items of one request, resolved in portions. */
import { expect, it } from 'vitest';
import type { RequestContext } from '../../../src/driver/context.ts';
import { type RefusedItem, resolveItems } from '../../../src/driver/items.ts';

it.each([
  [5000, 50],
  [99, 0],
])('%i wrong items leave the loop to others %i times', (count, turns) => {
  const nothing = {} as unknown as RequestContext;
  const items = Array.from({ length: count }, () => 'no FQN');
  const refused: RefusedItem[] = [];
  expect([...resolveItems({ items, ability: 'snapshot' }, nothing, [], refused)]).toHaveLength(turns);
  expect(refused.map(({ index }) => index)).toEqual([...items.keys()]);
});
