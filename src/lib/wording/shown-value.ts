/** Longest part of a value that is shown. */
const SHOWN = 80;

/**
 * A value for display in a problem, or undefined if it has no short form. Objects and arrays are not shown, since they
 * may contain anything. Strings that look like a misplaced secret are hidden: NKey seeds, PEM blocks, the user part and
 * the query of a URL. `#` also ends an MQTT filter, so it counts only in a URL, and `[?` begins a JSONPath filter.
 */
export function shownValue(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(cut(hideSecrets(value)));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return undefined;
}

/** Hides parts that look like a secret in a text that is otherwise safe to print. */
export function hideSecrets(text: string): string {
  const shown = text
    .replace(/-----BEGIN[^]*/, '[hidden]')
    .replace(/\b[SP][A-Z2-7]{40,}/gi, '[hidden]')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^]*@/i, '$1[hidden]@');
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(shown);
  const query = shown.search(isUrl ? /(?<!\[)\?|#/ : /(?<!\[)\?/);
  return query < 0 ? shown : `${shown.slice(0, query)}?[hidden]`;
}

/** The type of a value with its article, for "must be …, not a string". */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return 'a string';
    case 'number':
      return 'a number';
    default:
      return `a ${typeof value}`;
  }
}

function cut(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
