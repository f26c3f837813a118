/**
 * Subjects of the bus. The client writes a subject into its protocol line as it is, so a space or a line break in one
 * that comes from a file, a topic or a payload would become a command of its own; nothing reaches the client unchecked.
 */

/** Longest subject that is taken; the server's limit for a whole protocol line is 4096 bytes. */
const longest = 1024;
const forbiddenInToken = /[\s.*>\p{Cc}\p{Cs}]/u;

export class SubjectError extends Error {
  override readonly name = 'SubjectError';
}

/** The subject itself if one can publish on it (no wildcards); else throws and says why. */
export function publishSubject(subject: string): string {
  check(subject, false);
  return subject;
}

/** The subject itself if one can subscribe to it (whole-token wildcards allowed); else throws and says why. */
export function subscribeSubject(subject: string): string {
  check(subject, true);
  return subject;
}

/** One token of a subject, such as a queue group; else throws and says why. */
export function subjectToken(token: string): string {
  const problem = tokenProblem(token);
  if (problem !== undefined) throw new SubjectError(`${quote(token)} is not a NATS token: ${problem}.`);
  return token;
}

/** Any text as one token: what a token cannot hold is percent-encoded in UTF-8, so different texts stay different. */
export function escapeToken(text: string): string {
  if (text === '') return '%';
  return text.toWellFormed().replace(/[\s.*>%\p{Cc}]|^\$/gu, escapeCharacter);
}

/** Each of the about hundred characters that a token cannot hold; a text may consist of nothing else. */
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

/** The text that {@link escapeToken} made a token of. */
export function unescapeToken(token: string): string {
  return token === '%' ? '' : decodeURIComponent(token);
}

/** Why no answer may be sent to a subject that a caller named; undefined when one may. */
export type ReplyRule = (subject: string) => string | undefined;

/**
 * The rule for every subject that comes from a message and on which the driver would publish in reply. Without it a
 * caller could have the driver, with the driver's rights, purge a stream (`$JS.API.STREAM.PURGE...`), acknowledge the
 * messages of others (`$JS.ACK...`), or put an answer among the readings.
 * @param own patterns of the driver's own subjects, as one subscribes to them
 */
export function replyRule(own: readonly string[]): ReplyRule {
  const patterns = own.map((pattern) => subscribeSubject(pattern).split('.'));
  return (subject) => {
    const problem = subjectProblem(subject, false);
    if (problem !== undefined) return problem;
    // The client puts this character where the bytes are not UTF-8: the answer would go to another subject.
    if (subject.includes('\ufffd')) return 'it is not UTF-8';
    const tokens = subject.split('.');
    // In any place, because an account may import the system's subjects below a prefix.
    if (tokens.some((token) => token.startsWith('$'))) return 'a token that starts with "$" belongs to NATS itself';
    if (patterns.some((pattern) => takes(pattern, tokens))) return 'it is a subject of the driver itself';
    return undefined;
  };
}

function takes(pattern: readonly string[], tokens: readonly string[]): boolean {
  for (const [position, token] of pattern.entries()) {
    const other = tokens[position];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (token !== '*' && token !== other) return false;
  }
  return pattern.length === tokens.length;
}

function check(subject: string, wildcards: boolean): void {
  const problem = subjectProblem(subject, wildcards);
  if (problem !== undefined) throw new SubjectError(`${quote(subject)} is not a NATS subject: ${problem}.`);
}

function subjectProblem(subject: string, wildcards: boolean): string | undefined {
  if (subject === '') return 'it is empty';
  if (Buffer.byteLength(subject) > longest) return `it is longer than ${longest} bytes`;
  const tokens = subject.split('.');
  for (const [position, token] of tokens.entries()) {
    if (wildcards && (token === '*' || (token === '>' && position === tokens.length - 1))) continue;
    const problem = tokenProblem(token);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tokenProblem(token: string): string | undefined {
  if (token === '') return 'it has an empty token';
  const found = forbiddenInToken.exec(token)?.[0];
  if (found === undefined) return undefined;
  return found === '.' ? 'a token has no dot in it' : `${quote(found)} is not allowed here`;
}

/** JSON shows line breaks and control characters instead of printing them into a log. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
