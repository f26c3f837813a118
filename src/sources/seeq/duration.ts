/** Durations as Seeq writes them: `1d`, `40h`, `5.4d`, `1min`, `30 days`. */
import type { Nanoseconds } from '../../contract/instant.ts';

const MINUTE = 60_000_000_000n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** Names that stand in texts of Seeq's clients, and near forms of them; the vendor publishes no list. */
const UNITS: [names: RegExp, nanoseconds: bigint][] = [
  [/^ns$|^nanoseconds?$/, 1n],
  [/^[uµμ]s$|^microseconds?$/, 1000n],
  [/^ms$|^milliseconds?$/, 1_000_000n],
  [/^s$|^secs?$|^seconds?$/, 1_000_000_000n],
  [/^mins?$|^minutes?$/, MINUTE],
  [/^h$|^hrs?$|^hours?$/, HOUR],
  [/^d$|^days?$/, DAY],
  [/^wks?$|^weeks?$/, 7n * DAY],
];

/** Of a text that can be a duration; digits without end would take long to be read. */
const LONGEST = 200;

const PART = /(\d+)(?:\.(\d+))?\s*([a-zµμ]+)\s*/giy;

/** The length in nanoseconds; undefined for a text that is no duration, or one of months or years, which differ. */
export function parseDuration(text: string): Nanoseconds | undefined {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return undefined;
  let total = 0n;
  let read = 0;
  for (const [part, whole = '', fraction = '', name = ''] of trimmed.matchAll(PART)) {
    const unit = UNITS.find(([names]) => names.test(name.toLowerCase()))?.[1];
    if (unit === undefined) return undefined;
    total += (BigInt(whole + fraction) * unit) / 10n ** BigInt(fraction.length);
    read += part.length;
  }
  return read > 0 && read === trimmed.length ? total : undefined;
}
