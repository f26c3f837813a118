/** Topics: whether a filter takes one, and what the fields of a pattern are in it. */
import type { PatternLevel } from '../../config/ingest/topic-filter.ts';
import { LONGEST_NAME } from './tag.ts';

/** Compiles a topic filter, after the rules of MQTT 5, section 4.7. */
export function topicMatcher(filter: string): (levels: readonly string[]) => boolean {
  const wanted = filter.split('/');
  const open = wanted.at(-1) === '#';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  const wildFirst = wanted[0] === '#' || wanted[0] === '+';
  return (levels) => {
    // `a/#` takes `a` as well.
    if (open ? levels.length < fixed.length : levels.length !== fixed.length) return false;
    // What begins with $ belongs to the broker; wildcards do not lead there.
    if (wildFirst && levels[0]?.startsWith('$') === true) return false;
    return fixed.every((level, at) => level === '+' || level === levels[at]);
  };
}

/** The fields of a topic by a pattern; undefined if the topic does not fit. */
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

/** Why no reading can have its name from this topic; undefined if one can. */
export function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'the topic is empty';
  if (topic.includes('\0')) return 'the topic has a NUL in it';
  // The client puts it in the place of bytes that are no UTF-8, so that different topics would become one.
  if (topic.includes('\uFFFD') || !topic.isWellFormed()) return 'the topic is not valid UTF-8';
  if (/[+#]/.test(topic)) return 'the topic has a wildcard in it';
  if (topic.length > LONGEST_NAME) return `the topic is longer than ${LONGEST_NAME} characters`;
  return undefined;
}
