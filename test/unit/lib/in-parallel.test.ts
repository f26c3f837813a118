import { expect, it } from 'vitest';
import { inParallel } from '../../../src/lib/in-parallel.ts';

const turn = () => new Promise(setImmediate);

/** Work that ends when the test says so. */
function manualWork() {
  const ends = new Map<number, (result: string) => void>();
  return {
    begun: () => [...ends.keys()],
    end: async (element: number) => {
      ends.get(element)?.(`result ${element}`);
      await turn();
    },
    work: (element: number) => new Promise<string>((resolve) => ends.set(element, resolve)),
  };
}

it('work runs in order, at most so much at once, and its results keep the order', async () => {
  const { begun, end, work } = manualWork();
  const results = inParallel([1, 2, 3, 4], 2, work);
  expect(begun()).toEqual([1, 2]);
  await end(2);
  expect(begun()).toEqual([1, 2, 3]);
  await end(3);
  await end(4);
  expect(begun()).toEqual([1, 2, 3, 4]);
  await end(1);
  expect(await results).toEqual(['result 1', 'result 2', 'result 3', 'result 4']);
});

it('the first failure rejects; work that has begun continues, and no other begins', async () => {
  const { begun, end, work } = manualWork();
  const results = inParallel([1, 2, 3], 2, (element) =>
    element === 1 ? Promise.reject(new Error('first')) : work(element),
  );
  await expect(results).rejects.toThrow('first');
  expect(begun()).toEqual([2]);
  await end(2);
  expect(begun()).toEqual([2]);
});

it('elements come from any iterable, also from none', async () => {
  const squares = await inParallel(new Set([1, 2, 3]).values(), 8, async (n) => n * n);
  expect(squares).toEqual([1, 4, 9]);
  expect(await inParallel([], 8, async () => 'never')).toEqual([]);
});
