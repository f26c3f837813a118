/** Whatever a publisher sends: never a value that it did not send, and never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurementOf, parsePayload, readSample } from '../../../../../src/ingest/feeds/iotopen/message.ts';
import { TopicMap } from '../../../../../src/ingest/feeds/iotopen/topic-map.ts';
import { readingSubject } from '../../../../../src/contract/reading-subject.ts';
import { publishSubject } from '../../../../../src/bus/subject.ts';
import { propertyRuns } from '../../../../support/property-runs.ts';

const LIMITS = { aheadMs: 300_000, oldMs: 3660 * 86_400_000 };
const NOW = 1_795_650_000_000_000_000n;
const installation = { id: 5034, clientId: 34, name: 'School', assigned: true };
const readers = new TopicMap(installation, [{ id: 7, type: 'x', meta: { topic_read: 'obj/x' } }], []).readers;

function understand(payload: Uint8Array) {
  const parsed = parsePayload(payload);
  if ('code' in parsed) return parsed;
  const sample = readSample(parsed.content);
  if ('code' in sample) return sample;
  const [measurement] = readers.map((reader) => measurementOf(reader, sample, NOW, LIMITS));
  if (measurement === undefined) throw new Error('There is no reader.');
  return measurement;
}

describe('a message', () => {
  it('of any bytes is understood or rejected', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        understand(bytes);
      }),
    );
  });

  it('of any JSON gives only the number in it', () => {
    const member = fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger(), fc.constant(undefined));
    fc.assert(
      fc.property(member, member, member, (value, timestamp, msg) => {
        const text = JSON.stringify({ value, timestamp, msg });
        const said = JSON.parse(text) as { value?: unknown; msg?: unknown };
        const got = understand(Buffer.from(text));
        const zero = Object.is(said.value, 0) || Object.is(said.value, -0);
        if ('code' in got) {
          expect(typeof said.value === 'number' || said.value === null).toBe(false);
          return;
        }
        if (got.value === null) {
          expect(got.status).toBe('Bad Data');
          expect(said.value === null || (zero && said.msg === 'null')).toBe(true);
        } else if (typeof got.value === 'number') expect(got.value).toBe(said.value);
        else expect(Number(got.value)).toBe(said.value);
      }),
      { numRuns: propertyRuns(1000) },
    );
  });
});

describe('the map of topics', () => {
  it('gives a safe subject and a tag of its own for whatever an installer typed', () => {
    const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 5 }), word, (whats, topic) => {
        const meta: Record<string, string> = Object.fromEntries([
          ['topic_read', topic],
          ...whats.map((what): [string, string] => [`topic_read_${what}`, topic]),
        ]);
        const { readers, unusable } = new TopicMap(installation, [{ id: 1, type: '', meta }], []);
        const subjects = readers.map(({ tag }) =>
          readingSubject('iota', { scheme: 'iotopen', host: 'a.b', id: tag.id }),
        );
        for (const subject of subjects) publishSubject(subject);
        expect(new Set(subjects).size).toBe(subjects.length);
        expect(readers.length + unusable).toBe(whats.length + 1);
      }),
    );
  });

  it('takes topics with and without the client id, and leaves out what is no topic', () => {
    const functions = [
      { id: 1, type: 'a', meta: { topic_read: '34/obj/a' } },
      { id: 2, type: 'a', meta: { topic_read: ' obj/a ', topic_write: 'set/a', topic_set: 'set/b' } },
      { id: 3, type: 'a', meta: { topic_read: 'obj/+/x', topic_read_b: '' } },
      { id: 4, type: 'a', meta: {} },
      { id: 2, type: 'b', meta: { topic_read: 'obj/a', name: 'Later' } },
    ];
    const map = new TopicMap(installation, functions, []);
    expect(map.topics).toEqual(['obj/a']);
    expect(map.readersOf('obj/a').map(({ tag }) => [tag.id, tag.name])).toEqual([
      ['34/1', 'School / a'],
      ['34/2', 'School / Later'],
    ]);
    expect(map.unusable).toBe(2);
  });
});
