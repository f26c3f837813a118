/** Names of time zones with which a calendar can be calculated. */
import { Temporal } from 'temporal-polyfill';

/** Those that are known to exist: to ask takes some tenths of a millisecond, and nearly all ask for the same. */
const timeZones = new Set<string>();
/** There are about 600; the same one in other letter case is another entry. */
const MOST_TIME_ZONES = 1000;

/** True for an IANA name; an offset such as "+02:00" would know no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (timeZones.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // Not Intl alone: it knows names such as "IST" that have several meanings, and that Temporal refuses.
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    if (timeZones.size < MOST_TIME_ZONES) timeZones.add(name);
    return true;
  } catch {
    return false;
  }
}
