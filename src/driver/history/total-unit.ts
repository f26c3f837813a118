/**
 * The unit of a total over time. A rate loses its unit of time (`m³/h` gives `m³`), power becomes energy (`kW` gives
 * `kWh`). For any other unit the total is value x seconds.
 */

export interface TotalUnit {
  unit: string;
  /** Divisor of a total in value x seconds. */
  seconds: number;
}

/** Units of time in rates. Months and years have no fixed length, and "m" is a meter. */
const SECONDS = new Map([
  ['s', 1],
  ['sec', 1],
  ['second', 1],
  ['min', 60],
  ['minute', 60],
  ['h', 3600],
  ['hr', 3600],
  ['hour', 3600],
  ['d', 86_400],
  ['day', 86_400],
  ['week', 604_800],
]);

/** Rates that are written as one word. */
const RATES = new Map<string, TotalUnit>([
  ['gpm', { unit: 'gal', seconds: 60 }],
  ['lpm', { unit: 'l', seconds: 60 }],
  ['cfm', { unit: 'ft³', seconds: 60 }],
  ['scfm', { unit: 'scf', seconds: 60 }],
  ['bpd', { unit: 'bbl', seconds: 86_400 }],
]);

/** Power, and electric current, whose total is per hour. */
const PER_HOUR = new Set(
  ['W', 'VA', 'var']
    .flatMap((unit) => ['', 'm', 'k', 'M', 'G', 'T'].map((prefix) => prefix + unit))
    .concat('A', 'mA', 'kA'),
);

export function totalUnit(unit: string | undefined): TotalUnit {
  const text = unit?.trim() ?? '';
  if (text === '') return { unit: 's', seconds: 1 };
  if (PER_HOUR.has(text)) return { unit: `${text}h`, seconds: 3600 };
  const word = RATES.get(text);
  if (word) return word;
  const slash = text.lastIndexOf('/');
  const quantity = text.slice(0, Math.max(0, slash)).trim();
  const seconds = SECONDS.get(text.slice(slash + 1).trim());
  if (quantity !== '' && seconds !== undefined) return { unit: quantity, seconds };
  return { unit: `${text}·s`, seconds: 1 };
}
