/** Clocks of time zones, found by asking `Intl` what they show; all else is counting. */

export const SECOND = 1_000_000_000n;
export const HOUR = 3600n * SECOND;
export const DAY = 24n * HOUR;

/** From one change of the clock to the next one, in nanoseconds since 1970. `offset`: local time - UTC. */
export interface Era {
  from: bigint;
  to: bigint;
  offset: bigint;
}

/** Every range of the tests lies between them, with room. */
const FIRST = Date.UTC(1980, 0, 1);
const LAST = Date.UTC(2050, 0, 1);
const DAY_MS = 86_400_000;
const MS = 1_000_000n;

const known = new Map<string, Era[]>();

/** What the clocks of a zone did, in order. */
export function eras(zone: string): Era[] {
  const before = known.get(zone);
  if (before) return before;
  const found = findEras(zone);
  known.set(zone, found);
  return found;
}

/** Looks once a day, and closer where the offset is another than the day before. */
function findEras(zone: string): Era[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const offsetAt = (ms: number): number => Date.parse(`${clock.format(ms).replace(' ', 'T')}Z`) - ms;
  const found: Era[] = [];
  let from = BigInt(FIRST) * MS;
  let offset = offsetAt(FIRST);
  for (let day = FIRST; day < LAST; day += DAY_MS) {
    if (offsetAt(day + DAY_MS) === offset) continue;
    let [low, high] = [day, day + DAY_MS];
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    const at = BigInt(high) * MS;
    found.push({ from, to: at, offset: BigInt(offset) * MS });
    from = at;
    offset = offsetAt(high);
  }
  found.push({ from, to: BigInt(LAST) * MS, offset: BigInt(offset) * MS });
  return found;
}

/** What the clock shows at an instant, as nanoseconds since 1970-01-01T00:00 on that clock. */
export function wallAt(zone: string, instant: bigint): bigint {
  const era = eras(zone).find(({ from, to }) => from <= instant && instant < to);
  if (!era) throw new Error(`${instant} is outside of what is known about ${zone}.`);
  return instant + era.offset;
}

/** The first instant at which the clock shows this time or, where it jumps over it, a later one. */
export function firstShown(zone: string, wall: bigint): bigint {
  for (const { from, to, offset } of eras(zone)) {
    const at = wall - offset > from ? wall - offset : from;
    if (at < to) return at;
  }
  throw new Error(`${wall} is outside of what is known about ${zone}.`);
}

/**
 * "A wall-clock time that a DST change skips moves forward; one that it repeats means the first." Forward by as much as
 * the clock jumps.
 */
export function instantOf(zone: string, wall: bigint): bigint {
  const all = eras(zone);
  for (const { from, to, offset } of all) if (from <= wall - offset && wall - offset < to) return wall - offset;
  for (const [n, { to, offset }] of all.entries()) {
    const next = all[n + 1];
    if (next && to + offset <= wall && wall < to + next.offset) return wall - offset;
  }
  throw new Error(`${wall} is outside of what is known about ${zone}.`);
}

/** Down to the next whole number. */
export const floorDivide = (n: bigint, d: bigint): bigint => {
  const whole = n / d;
  return n < 0n && whole * d !== n ? whole - 1n : whole;
};
