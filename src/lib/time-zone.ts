/** Names of time zones that can be used for calculations. */
import { Temporal } from 'temporal-polyfill';

/** Cache of valid names: a check takes some tenths of a millisecond, and most requests use the same name. */
const timeZones = new Set<string>();
/** There are about 600. Another letter case is another entry. */
const MOST_TIME_ZONES = 1000;

/** True for an IANA name. An offset such as "+02:00" has no daylight saving time. */
export function isTimeZone(name: string): boolean {
  if (timeZones.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // Intl alone is insufficient: it accepts ambiguous names such as "IST", which Temporal rejects.
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    if (timeZones.size < MOST_TIME_ZONES) timeZones.add(name);
    return true;
  } catch {
    return false;
  }
}
