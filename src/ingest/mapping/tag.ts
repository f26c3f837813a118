/** Names of what messages are about. */
import type { Tag } from '../reading.ts';

/** What a value is of. */
export interface Subject {
  readonly topic: string;
  readonly levels: readonly string[];
  /** What tells its record from the others of the message. */
  readonly key?: string | undefined;
  /** Which of the values it is. */
  readonly field?: string | undefined;
}

/**
 * The tag. Its id is `<topic>`, `<topic>#<field>`, `<topic>#<key>` or `<topic>#<key>#<field>`: `#` cannot stand in a
 * topic, and is written %23 in the others. In the tokens key and field begin with `#`, so that no deeper topic can be
 * mistaken for them.
 */
export function tagOf({ topic, levels, key, field }: Subject, name: string): Tag {
  const below = [key, field].filter((part) => part !== undefined);
  return {
    id: [topic, ...below.map(escapeHash)].join('#'),
    tokens: [...levels, ...below.map((part) => `#${part}`)],
    name: name.trim() === '' ? [topic, ...below].join(' ') : name,
  };
}

/** Longer texts make subjects that no server takes; here they only cost memory. */
export const LONGEST_NAME = 1024;

/** Why a text cannot be a key or a field; undefined if it can. */
export function partProblem(text: string): string | undefined {
  if (text.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  // Halves of surrogate pairs would all become one character.
  return text.isWellFormed() ? undefined : 'is not valid Unicode';
}

const escapeHash = (text: string): string => text.replaceAll('%', '%25').replaceAll('#', '%23');

/** Compiles a template such as `{area} {device}`; what has no value becomes nothing. */
export function nameTemplate(text: string): (values: Readonly<Record<string, string | undefined>>) => string {
  const parts = text.split(/(\{[^{}]*\})/);
  return (values) =>
    parts
      .map((part) => (/^\{.*\}$/s.test(part) ? (values[part.slice(1, -1)] ?? '') : part))
      .join('')
      .replace(/ {2,}/g, ' ')
      .trim();
}

/** Where the configuration has no name. */
export const DEFAULT_NAME = '{topic} {key} {field}';
