/** How filters and patterns lie to each other: true of all topics there are, within a small world of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canMeet, parsePattern } from '../../../src/ingest/mapping/topic-pattern.ts';
import { topicFields } from '../../../src/ingest/mapping/topic.ts';
import { covers, overlap, topicMatcher } from '../../../src/mqtt/topic-filter.ts';
import { propertyRuns } from '../../support/property-runs.ts';

/** One name more than filters and patterns have, and topics one level deeper. */
const names = ['a', '', '$x', 'other'];
const DEEPEST = 4;

function topicsOf(levels: number): string[][] {
  if (levels === 0) return [[]];
  return topicsOf(levels - 1).flatMap((topic) => names.map((name) => [...topic, name]));
}
const topics = Array.from({ length: DEEPEST }, (_, at) => topicsOf(at + 1)).flat();

const few = <T>(level: fc.Arbitrary<T>) => fc.array(level, { minLength: 1, maxLength: DEEPEST - 1 });
const filter = fc
  .tuple(few(fc.constantFrom('a', '', '$x', '+')), fc.constantFrom<string[]>([], ['#']), fc.boolean())
  .map(([levels, end, alone]) => (alone && end.length > 0 ? end : [...levels, ...end]).join('/'));
const pattern = fc
  .tuple(
    few(fc.constantFrom('a', '', '$x', '+', '{}')),
    fc.constantFrom<string[]>([], ['#'], ['{rest...}']),
    fc.boolean(),
  )
  .map(([levels, end, alone]) => {
    const named = levels.map((level, at) => (level === '{}' ? `{f${at}}` : level));
    return (alone && end.length > 0 ? end : [...named, ...end]).join('/');
  });

test('filters overlap exactly where a topic is taken by both; one that covers another takes all of its topics', () => {
  fc.assert(
    fc.property(filter, filter, (one, other) => {
      const [takes, alsoTakes] = [topicMatcher(one), topicMatcher(other)];
      expect(overlap(one, other)).toBe(topics.some((topic) => takes(topic) && alsoTakes(topic)));
      if (covers(one, other)) expect(topics.filter((topic) => alsoTakes(topic) && !takes(topic))).toEqual([]);
    }),
    { numRuns: propertyRuns(1000) },
  );
});

test('a filter and a pattern can meet exactly where a topic fits both', () => {
  fc.assert(
    fc.property(filter, pattern, (one, other) => {
      const takes = topicMatcher(one);
      const levels = parsePattern(other);
      const meet = topics.some((topic) => takes(topic) && topicFields(levels, topic) !== undefined);
      expect(canMeet(one, levels)).toBe(meet);
    }),
    { numRuns: propertyRuns(1000) },
  );
});

test.each([
  ['#', '$SYS/{what...}', false],
  ['+/load', '$SYS/{what}', false],
  // Only the wildcards of a filter keep away from what is the broker's; those of a pattern take what the filter gives.
  ['$SYS/load', '{root}/{what}', true],
  ['$SYS/#', '{all...}', true],
])('filter %s and pattern %s', (one, other, meet) => {
  expect(canMeet(one, parsePattern(other))).toBe(meet);
});
