/**
 * Long work in steps. A calculation that reads many samples pauses now and then, so that the server can serve others
 * meanwhile and can end it when its caller has gone.
 */

/** Yields where it pauses, returns its result. */
export type Work<T> = Generator<undefined, T>;

const STEP = 2048;

/** Pauses after every so many things. */
export function* paced<T>(things: Iterable<T>, each: (thing: T) => void): Work<void> {
  let count = 0;
  for (const thing of things) {
    each(thing);
    count += 1;
    if (count % STEP === 0) yield;
  }
}

/** Does the work without pauses. */
export function done<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Work that is done already. */
// eslint-disable-next-line require-yield
export function* ready<T>(value: T): Work<T> {
  return value;
}
