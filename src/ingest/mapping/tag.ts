/** Tag names of values in messages. */
import type { Tag } from '../reading.ts';

/** The origin of a value. */
export interface Subject {
  readonly topic: string;
  /** What distinguishes its record from the others of the message. */
  readonly key?: string | undefined;
  /** Name of the value in the record. */
  readonly field?: string | undefined;
}

/**
 * Builds the tag. Its id is `<topic>`, `<topic>#<field>`, `<topic>#<key>` or `<topic>#<key>#<field>`: a topic cannot
 * contain `#`, and in the other parts it is written %23.
 */
export function tagOf({ topic, key, field }: Subject, name: string): Tag {
  const below = [key, field].filter((part) => part !== undefined);
  return {
    id: [topic, ...below.map(escapeHash)].join('#'),
    name: name.trim() === '' ? [topic, ...below].join(' ') : name,
  };
}

/** Longer texts make subjects that no server accepts. */
export const LONGEST_NAME = 1024;

/** Why a text cannot be a key or a field. Undefined if it can. */
export function partProblem(text: string): string | undefined {
  if (text.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  // Unpaired surrogates would all become one character.
  return text.isWellFormed() ? undefined : 'is not valid Unicode';
}

const escapeHash = (text: string): string => text.replaceAll('%', '%25').replaceAll('#', '%23');

/** Compiles a template such as `{area} {device}`. A missing value becomes an empty text. */
export function nameTemplate(text: string): (values: Readonly<Record<string, string | undefined>>) => string {
  const parts = text.split(/(\{[^{}]*\})/);
  return (values) =>
    parts
      .map((part) => (/^\{.*\}$/s.test(part) ? (values[part.slice(1, -1)] ?? '') : part))
      .join('')
      .replace(/ {2,}/g, ' ')
      .trim();
}

/** Default name template. */
export const DEFAULT_NAME = '{topic} {key} {field}';
