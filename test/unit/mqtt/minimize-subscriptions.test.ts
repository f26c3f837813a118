/** Subscriptions that contain others. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, minimizeSubscriptions, topicMatcher } from '../../../src/mqtt/topic-filter.ts';
import { propertyRuns } from '../../support/property-runs.ts';

const filters = (...all: string[]): string[] =>
  minimizeSubscriptions(all.map((filter) => ({ filter, qos: 1 as const }))).map(({ filter }) => filter);

test('one filter within another is left out', () => {
  expect(filters('a/b', 'a/+', 'a/#', 'a')).toEqual(['a/#']);
  expect(filters('a/+/c', 'a/b/+')).toEqual(['a/+/c', 'a/b/+']);
  expect(filters('$SYS/x', '#', '+/x')).toEqual(['$SYS/x', '#']);
  expect(filters('a/b', '$share/g/a/b', '$share/g/a/+', '$share/h/a/b')).toEqual([
    'a/b',
    '$share/g/a/+',
    '$share/h/a/b',
  ]);
});

test('the highest quality of service holds', () => {
  expect(
    minimizeSubscriptions([
      { filter: 'a/#', qos: 0 },
      { filter: 'a/b/+', qos: 0 },
      { filter: 'a/b/c', qos: 1 },
      { filter: 'x', qos: 0 },
      { filter: 'x', qos: 1 },
      { filter: 'y', qos: 0 },
    ]),
  ).toEqual([
    { filter: 'a/#', qos: 1 },
    { filter: 'x', qos: 1 },
    { filter: 'y', qos: 0 },
  ]);
});

const level = fc.constantFrom('a', 'b', '', '$x', '+');
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
const topic = fc.array(fc.constantFrom('a', 'b', '', '$x', 'c'), { minLength: 1, maxLength: 4 });

test('after it, the same topics are taken', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 8 }), topic, (all, levels) => {
      const takes = (some: string[]): boolean => some.some((one) => topicMatcher(one)(levels));
      expect(takes(filters(...all))).toBe(takes(all));
    }),
    { numRuns: propertyRuns(2000) },
  );
});

test('after it, none contains another', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 8 }), (all) => {
      const left = filters(...all);
      for (const one of left) for (const other of left) if (one !== other) expect(covers(one, other)).toBe(false);
    }),
    { numRuns: propertyRuns(2000) },
  );
});

test('thousands of filters take no time', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `plant/${n % 100}/${n}/+`);
  expect(filters(...many)).toHaveLength(10_000);
  expect(filters(...many, 'plant/#')).toEqual(['plant/#']);
});
