/** Patterns that name the levels of an MQTT topic. */
import { canMatch } from '../../mqtt/topic-filter.ts';

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
const RESERVED = ['topic', 'field', 'key', 'state', 'retained', 'sourceTime'];

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
  if (RESERVED.includes(name)) throw new PatternError(`must name {${name}} otherwise; that name has a meaning already`);
  return { kind: dots === undefined ? 'one' : 'rest', name };
}

/** The names of the fields of a pattern. */
export const patternNames = (pattern: readonly PatternLevel[]): string[] =>
  pattern.flatMap((level) => (level.kind !== 'text' && level.name !== undefined ? [level.name] : []));

/**
 * True if a topic matches both the filter and the pattern. A wildcard of a pattern also matches a level that begins
 * with $.
 */
export const canMeet = (filter: string, pattern: readonly PatternLevel[]): boolean =>
  canMatch(
    filter,
    pattern.map((level) => (level.kind === 'text' ? level.text : level.kind === 'one' ? '+' : '#')),
  );
