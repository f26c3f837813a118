/** The subject of a reading and its FQN: each is made from the other, safe on the bus, and different for each tag. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishSubject, subjectToken } from '../../../src/bus/subject.ts';
import { type Fqn, formatFqn, parseFqn } from '../../../src/contract/fqn.ts';
import { escapeToken, readingFqn, readingSubject } from '../../../src/contract/reading-subject.ts';
import { propertyRuns } from '../../support/property-runs.ts';

/** Whatever a topic level can hold, and what it cannot. */
const nasty = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('.', ' ', '*', '>', '%', '%23', '%25', '%2F', '$', '/', '#', '+', '\r', '\n', '\0', 'a', 'é'),
  }),
  fc.constantFrom('', '%', '%25', '.', '..', '>', '*', '$SYS', '$', ' ', '\r\nPUB x 1\r\ny', '\u2028', '\ufeff', '𝒳'),
);
/** Nothing in an FQN is empty. */
const names: fc.Arbitrary<Fqn> = fc.record({
  scheme: fc.constantFrom('mqtt', 'iotopen', 'toy'),
  host: nasty.filter((text) => text !== ''),
  kind: fc.constant('signal' as const),
  id: nasty.filter((text) => text !== ''),
});
const prefixes = fc.constantFrom('iota', 'site.a', 'iota.readings');

describe('subject and FQN of a reading', () => {
  it('are made from each other, by way of the text of the FQN too', () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, fqn) => {
        const subject = readingSubject(prefix, fqn);
        if (Buffer.byteLength(subject) <= 1024) expect(publishSubject(subject)).toBe(subject);
        expect(readingFqn(prefix, subject)).toEqual(fqn);
        expect(readingSubject(prefix, parseFqn(formatFqn(fqn)))).toBe(subject);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('are made from each other from any subject that a reading can have', () => {
    const token = fc.oneof(nasty.map(escapeToken), nasty);
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), (tokens) => {
        const subject = ['iota', 'readings', ...tokens].join('.');
        const fqn = readingFqn('iota', subject);
        if (fqn !== undefined) expect(readingSubject('iota', fqn)).toBe(subject);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('differ where the other differs', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        const same = readingSubject('iota', one) === readingSubject('iota', other);
        expect(same).toBe(formatFqn(one) === formatFqn(other));
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it.each([
    ['a//b', 'iota.readings.mqtt.hall%203.a.%.b'],
    ['a.b/c', 'iota.readings.mqtt.hall%203.a%2Eb.c'],
    ['$SYS/u$h$d', 'iota.readings.mqtt.hall%203.%24SYS.u$h$d'],
    ['*/>', 'iota.readings.mqtt.hall%203.%2A.%3E'],
    ['a\r\nSUB > 1', 'iota.readings.mqtt.hall%203.a%0D%0ASUB%20%3E%201'],
    ['line/press#temperature', 'iota.readings.mqtt.hall%203.line.press.#temperature'],
    ['line#7#a/b', 'iota.readings.mqtt.hall%203.line.#7.#a/b'],
    ['#', 'iota.readings.mqtt.hall%203.%.#'],
  ])('of id %j is %s', (id, subject) => {
    expect(readingSubject('iota', { scheme: 'mqtt', host: 'hall 3', id })).toBe(subject);
    expect(readingFqn('iota', subject)).toEqual({ scheme: 'mqtt', host: 'hall 3', kind: 'signal', id });
  });

  it.each([
    'iota.readings.mqtt.hall',
    'other.readings.mqtt.hall.a',
    'iota.deadletters.mqtt.hall.a',
    'iota.readings.mqtt.hall.100%',
    'iota.readings.mqtt.hall.%61',
    'iota.readings.mqtt.hall.a/b',
    'iota.readings.mqtt.hall.#a.b',
    'iota.readings.mqtt.hall..a',
  ])('%s is the subject of no reading', (subject) => {
    expect(readingFqn('iota', subject)).toBeUndefined();
  });
});

it('any text can be made a token, and different texts stay different', () => {
  expect(escapeToken('Area A.Temp 100%')).toBe('Area%20A%2ETemp%20100%25');
  expect(escapeToken('$SYS')).toBe('%24SYS');
  expect(escapeToken('ü')).toBe('ü');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      expect(subjectToken(escapeToken(one))).toBe(escapeToken(one));
      expect(escapeToken(one) === escapeToken(other)).toBe(one === other);
    }),
  );
});
