/**
 * The subject of a reading and its FQN. Each follows from the other, so that a reader who has one can use the other.
 *
 *     <scheme>:<connection>/signal/<level>/<level>#<part>#<part>
 *     <prefix>.readings.<scheme>.<connection>.<level>.<level>.#<part>.#<part>
 *
 * The id of a tag is made of levels, separated by `/`, up to the first `#`, and of parts from there on.
 */
import type { Fqn } from './fqn.ts';

/** The name of a tag whose readings are on the bus. */
export type ReadingName = Pick<Fqn, 'scheme' | 'host' | 'id'>;

/** The subjects of all readings, and of all dead letters, below a prefix. The stream must accept them. */
export const readingSubjects = (prefix: string): readonly [string, string] => [
  `${prefix}.readings.>`,
  `${prefix}.deadletters.>`,
];

/** Subject of the readings of a tag. Different tags never share one: {@link readingFqn} is the inverse. */
export function readingSubject(prefix: string, { scheme, host, id }: ReadingName): string {
  const hash = id.indexOf('#');
  const levels = (hash < 0 ? id : id.slice(0, hash)).split('/');
  const parts = hash < 0 ? [] : id.slice(hash + 1).split('#');
  const tokens = [scheme, host, ...levels, ...parts.map((part) => `#${part}`)];
  return `${prefix}.readings.${tokens.map(escapeToken).join('.')}`;
}

/** FQN of the tag whose readings have a subject. Undefined if no reading can have it. */
export function readingFqn(prefix: string, subject: string): Fqn | undefined {
  const start = `${prefix}.readings.`;
  if (!subject.startsWith(start)) return undefined;
  let tokens: string[];
  try {
    tokens = subject.slice(start.length).split('.').map(unescapeToken);
  } catch {
    return undefined;
  }
  const [scheme, host, ...name] = tokens;
  if (scheme === undefined || host === undefined || name.length === 0) return undefined;
  const firstPart = name.findIndex((token) => token.startsWith('#'));
  const levels = firstPart < 0 ? name : name.slice(0, firstPart);
  const parts = firstPart < 0 ? [] : name.slice(firstPart);
  const fqn: Fqn = { scheme, host, kind: 'signal', id: `${levels.join('/')}${parts.join('')}` };
  // No reading has a token with another escaping, or a `/` in a level.
  return readingSubject(prefix, fqn) === subject ? fqn : undefined;
}

/** Subject of the dead letters of a connection. */
export const deadLetterSubject = (prefix: string, scheme: string, connection: string): string =>
  `${prefix}.deadletters.${escapeToken(scheme)}.${escapeToken(connection)}`;

/**
 * Encodes any text as one token. Invalid characters are percent-encoded in UTF-8, so different texts stay different.
 */
export function escapeToken(text: string): string {
  if (text === '') return '%';
  return text.toWellFormed().replace(/[\s.*>%\p{Cc}]|^\$/gu, escapeCharacter);
}

/** Cache of the about 100 characters that a token cannot hold: a text may consist of them entirely. */
const escaped = new Map<string, string>();

function escapeCharacter(character: string): string {
  let escape = escaped.get(character);
  if (escape === undefined) {
    const bytes = Array.from(Buffer.from(character, 'utf8'));
    escape = bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
    escaped.set(character, escape);
  }
  return escape;
}

/**
 * Decodes the result of {@link escapeToken}.
 * @throws URIError for a text that is not such a result
 */
export function unescapeToken(token: string): string {
  return token === '%' ? '' : decodeURIComponent(token);
}
