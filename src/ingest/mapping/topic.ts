/** The fields of a pattern in a topic, and topics that cannot name a reading. */
import type { PatternLevel } from './topic-pattern.ts';
import { LONGEST_NAME } from './tag.ts';

/** The fields of a topic by a pattern. Undefined if the topic does not match. */
export function topicFields(
  pattern: readonly PatternLevel[],
  levels: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const fields: Record<string, string> = {};
  for (const [at, level] of pattern.entries()) {
    if (level.kind === 'rest') {
      if (level.name !== undefined && levels.length > at) fields[level.name] = levels.slice(at).join('/');
      return fields;
    }
    const text = levels[at];
    if (text === undefined || (level.kind === 'text' && level.text !== text)) return undefined;
    if (level.kind === 'one' && level.name !== undefined) fields[level.name] = text;
  }
  return levels.length === pattern.length ? fields : undefined;
}

/** Why a topic cannot name a reading. Undefined if it can. */
export function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'the topic is empty';
  if (topic.includes('\0')) return 'the topic has a NUL in it';
  // The client replaces bytes that are not UTF-8 with it, so different topics would become one.
  if (topic.includes('\uFFFD') || !topic.isWellFormed()) return 'the topic is not valid UTF-8';
  if (/[+#]/.test(topic)) return 'the topic has a wildcard in it';
  if (topic.length > LONGEST_NAME) return `the topic is longer than ${LONGEST_NAME} characters`;
  return undefined;
}
