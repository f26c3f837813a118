/** The grammar of MQTT topic filters, and of the patterns that name the levels of a topic. */

/** Longest text in MQTT. */
const LONGEST_BYTES = 65_535;

/** Why `text` is not a valid topic filter. Undefined if it is valid (MQTT 5, section 4.7). */
export function filterProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  // MQTT allows most of them, but brokers close the connection because of them (MQTT 5, section 1.5.4).
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    return 'must hold no control characters (no NUL, no line breaks) and no half of a surrogate pair';
  if (Buffer.byteLength(text) > LONGEST_BYTES) return `must have at most ${LONGEST_BYTES} bytes`;
  if (/^\$share(\/|$)/.test(text)) return 'must not begin with $share/; name the group in share, and the filter here';
  const levels = text.split('/');
  for (const [at, level] of levels.entries()) {
    if (level.includes('+') && level !== '+') return 'must have + only as a whole level, as in "plant/+/temperature"';
    if (!level.includes('#')) continue;
    if (level !== '#') return 'must have # only as a whole level, as in "plant/#"';
    if (at < levels.length - 1) return 'must have # only as the last level, as in "plant/#"';
  }
  return undefined;
}

/** One level of a pattern. */
export type PatternLevel =
  | { readonly kind: 'text'; readonly text: string }
  /** One level. It is a field if it has a name. */
  | { readonly kind: 'one'; readonly name: string | undefined }
  /** All further levels, also none. It is a field if it has a name. Only at the end. */
  | { readonly kind: 'rest'; readonly name: string | undefined };

/** Why a pattern is invalid, suitable for a configuration problem. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Names that attributes and templates use otherwise. */
const TAKEN = ['topic', 'field', 'key', 'state', 'retained', 'claimedTime'];

/**
 * Parses a pattern such as `plant/{area}/{device}/temperature`: `{name}` is one level, `{name...}` all further ones,
 * `+` and `#` the same without a name.
 * @throws PatternError
 */
export function parsePattern(text: string): readonly PatternLevel[] {
  const parts = text.split('/');
  const names = new Set<string>();
  return parts.map((part, at): PatternLevel => {
    const level = parseLevel(part);
    if (level.kind === 'rest' && at < parts.length - 1) {
      throw new PatternError(`must have ${part} only as the last level`);
    }
    if (level.kind !== 'text' && level.name !== undefined) {
      if (names.has(level.name)) throw new PatternError(`must name {${level.name}} only once`);
      names.add(level.name);
    }
    return level;
  });
}

function parseLevel(part: string): PatternLevel {
  if (part === '+') return { kind: 'one', name: undefined };
  if (part === '#') return { kind: 'rest', name: undefined };
  if (!/[{}+#]/.test(part)) return { kind: 'text', text: part };
  const [, name, dots] = /^\{([^{}.]*)(\.\.\.)?\}$/.exec(part) ?? [];
  if (name === undefined) {
    throw new PatternError(`must have {name}, {name...}, + or # only as whole levels; ${JSON.stringify(part)} is none`);
  }
  if (!NAME.test(name)) {
    throw new PatternError(`must have names of letters, digits and _ in braces; ${JSON.stringify(name)} is none`);
  }
  if (TAKEN.includes(name)) throw new PatternError(`must name {${name}} otherwise; that name has a meaning already`);
  return { kind: dots === undefined ? 'one' : 'rest', name };
}

/** The names of the fields of a pattern. */
export const patternNames = (pattern: readonly PatternLevel[]): string[] =>
  pattern.flatMap((level) => (level.kind !== 'text' && level.name !== undefined ? [level.name] : []));
