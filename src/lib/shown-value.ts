/** Longest piece of a value that is shown. */
const SHOWN = 80;

/**
 * A value as a problem may show it, or undefined where it has no short form. Objects and lists are not shown at all,
 * since anything may be in them. Of strings, whatever looks like a secret that was put into the wrong place is hidden:
 * NKey seeds, PEM blocks, the user part and the query of a URL. A # ends an MQTT filter, too, so it counts in a URL only, and [? begins a filter of JSONPath.
 */
export function shownValue(value: unknown): string | undefined {
  if (typeof value === 'string') return JSON.stringify(cut(hideSecrets(value)));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return undefined;
}

/** Hides what looks like a secret inside a text that is otherwise fit for printing. */
export function hideSecrets(text: string): string {
  const shown = text
    .replace(/-----BEGIN[^]*/, '[hidden]')
    .replace(/\b[SP][A-Z2-7]{40,}/gi, '[hidden]')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^]*@/i, '$1[hidden]@');
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(shown);
  const query = shown.search(isUrl ? /(?<!\[)\?|#/ : /(?<!\[)\?/);
  return query < 0 ? shown : `${shown.slice(0, query)}?[hidden]`;
}

/** The kind of a value with its article, for "must be …, not a string". */
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
