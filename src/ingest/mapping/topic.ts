/** Topics: whether a filter matches one, and the fields of a pattern in it. */
import type { PatternLevel } from '../../config/ingest/topic-filter.ts';
import { LONGEST_NAME } from './tag.ts';

/** Compiles a topic filter by the rules of MQTT 5, section 4.7. */
export function topicMatcher(filter: string): (levels: readonly string[]) => boolean {
  const wanted = filter.split('/');
  const open = wanted.at(-1) === '#';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  const wildFirst = wanted[0] === '#' || wanted[0] === '+';
  return (levels) => {
    // `a/#` matches `a` as well.
    if (open ? levels.length < fixed.length : levels.length !== fixed.length) return false;
    // Topics that begin with $ belong to the broker. A leading wildcard does not match them.
    if (wildFirst && levels[0]?.startsWith('$') === true) return false;
    return fixed.every((level, at) => level === '+' || level === levels[at]);
  };
}

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
