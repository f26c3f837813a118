/**
 * Subjects of the bus. The client writes a subject into its protocol line unchanged. A space or a line break from a
 * file, a topic or a payload can inject a protocol command, so every subject is validated before it reaches the client.
 */

/** Longest subject that is accepted. The server's limit for a whole protocol line is 4096 bytes. */
const longest = 1024;
const forbiddenInToken = /[\s.*>\p{Cc}\p{Cs}]/u;

export class SubjectError extends Error {
  override readonly name = 'SubjectError';
}

/** Returns the subject if it is valid for publishing (no wildcards). Throws the reason otherwise. */
export function publishSubject(subject: string): string {
  check(subject, false);
  return subject;
}

/** Returns the subject if it is valid for subscribing (whole-token wildcards allowed). Throws the reason otherwise. */
export function subscribeSubject(subject: string): string {
  check(subject, true);
  return subject;
}

/** Returns the text if it is one valid token, such as a queue group. Throws the reason otherwise. */
export function subjectToken(token: string): string {
  const problem = tokenProblem(token);
  if (problem !== undefined) throw new SubjectError(`${quote(token)} is not a NATS token: ${problem}.`);
  return token;
}

/** Returns why no answer may be sent to a subject that a caller named, or undefined if it may. */
export type ReplyRule = (subject: string) => string | undefined;

/**
 * The rule for every reply subject that a message names. Without it a caller can use the driver's rights to purge a
 * stream (`$JS.API.STREAM.PURGE...`), to acknowledge other clients' messages (`$JS.ACK...`), or to publish an answer
 * among the readings.
 * @param own subscription patterns of the driver's own subjects
 */
export function replyRule(own: readonly string[]): ReplyRule {
  const patterns = own.map((pattern) => subscribeSubject(pattern).split('.'));
  return (subject) => {
    const problem = subjectProblem(subject, false);
    if (problem !== undefined) return problem;
    // The client decodes bytes that are not UTF-8 to this character, so the answer goes to another subject.
    if (subject.includes('\ufffd')) return 'it is not UTF-8';
    const tokens = subject.split('.');
    // At any position, because an account may import the system's subjects below a prefix.
    if (tokens.some((token) => token.startsWith('$'))) return 'a token that starts with "$" belongs to NATS itself';
    if (patterns.some((pattern) => matches(pattern, tokens))) return 'it is a subject of the driver itself';
    return undefined;
  };
}

function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
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

/** JSON escapes line breaks and control characters, so they cannot reach a log. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
