/**
 * Runs `work` for every element, in order, at most `atOnce` concurrently. Returns the results in the order of the
 * elements. The first failure rejects: no further work is begun, and work that has begun continues.
 */
export async function inParallel<T, R>(
  elements: Iterable<T>,
  atOnce: number,
  work: (element: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = elements[Symbol.iterator]();
  let begun = 0;
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const index = begun++;
      try {
        results[index] = await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
      if (hasFailed) return;
    }
  };
  const workers: Promise<void>[] = [];
  // Starts no more workers than there are elements.
  for (let started = 0; started < atOnce && begun === started; started++) workers.push(worker());
  await Promise.all(workers);
  return results;
}
