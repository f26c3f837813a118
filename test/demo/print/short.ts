/** Long things in few characters: requests, names, times, lengths. */

const GUID = /\b([0-9A-F]{4})[0-9A-F]{4}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}\b/gi;

/** A request as JSON in one line: ids cut short, long lists by their first element. */
export function shortJson(request: object): string {
  const text = JSON.stringify(request, (_name, value: unknown) =>
    Array.isArray(value) && value.length > 1 ? [value[0] as unknown, `… ${value.length - 1} more`] : value,
  );
  return text.replace(GUID, '$1…');
}

/** First and last characters of a public key. */
export const shortKey = (key: string): string => `${key.slice(0, 6)}…${key.slice(-4)}`;

/** ISO 8601 UTC for a table: `2026-01-31 08:00:00`, with fractions where there are some. */
export function clock(time: string | null): string {
  return time === null ? '—' : time.replace('T', ' ').replace('Z', '');
}

const dayFormat = new Intl.DateTimeFormat('en', { month: 'short', day: '2-digit', timeZone: 'UTC' });

/** Day and minute of an ISO 8601 text: `Jan 31 08:00`. */
export function dayAndTime(time: string | null): string {
  return time === null ? '—' : `${dayFormat.format(new Date(time))} ${hourMinute(time)}`;
}

/** Hours and minutes of an ISO 8601 text. */
export const hourMinute = (time: string): string => time.slice(11, 16);

/** A length of time in its two largest units. */
export function length(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${String(minutes % 60).padStart(2, '0')} min` : `${minutes} min`;
}

/** A time that was measured. */
export const took = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);
