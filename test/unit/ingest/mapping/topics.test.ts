/** Topics: which entry takes one, and the names that come of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishSubject } from '../../../../src/bus/subject.ts';
import { unescapeToken } from '../../../../src/contract/reading-subject.ts';
import { parseFqn } from '../../../../src/contract/fqn.ts';
import { readingSchema } from '../../../../src/contract/reading.ts';
import { publicationOf, type Measurement, type Origin } from '../../../../src/ingest/reading.ts';
import { subscriptionsOf } from '../../../../src/ingest/feeds/topic-feed.ts';
import { codes, mappingOf, only, read, values } from '../../../support/mapping.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const origin: Origin = { scheme: 'mqtt', connection: 'hall 3' };

describe('a filter', () => {
  // MQTT 5, section 4.7, with its examples.
  it.each([
    [
      'sport/tennis/player1/#',
      ['sport/tennis/player1', 'sport/tennis/player1/', 'sport/tennis/player1/a/b'],
      ['sport'],
    ],
    ['sport/#', ['sport', 'sport/a'], ['sports', '/sport', 'sport2/a']],
    ['#', ['sport', '/', 'a/b/c'], ['$SYS', '$SYS/x', '$']],
    ['sport/tennis/+', ['sport/tennis/player1', 'sport/tennis/'], ['sport/tennis', 'sport/tennis/player1/ranking']],
    ['sport/+', ['sport/'], ['sport', 'sport/a/b']],
    ['+', ['finance', ''].slice(0, 1), ['/finance', '$SYS']],
    ['+/+', ['/finance', 'a/b', '/'], ['finance', '$SYS/a']],
    ['/+', ['/finance', '/'], ['finance']],
    ['+/tennis/#', ['a/tennis', '/tennis/b'], ['$a/tennis', 'tennis']],
    ['+/monitor/Clients', ['a/monitor/Clients'], ['$SYS/monitor/Clients']],
    ['$SYS/#', ['$SYS', '$SYS/monitor'], ['SYS']],
    ['$SYS/monitor/+', ['$SYS/monitor/Clients'], ['$SYS/monitor']],
    ['a/$b/+', ['a/$b/$c'], []],
    ['a//b', ['a//b'], ['a/b', 'a///b']],
    ['A', ['A'], ['a', 'A/']],
  ])('%s takes what it takes and nothing else', (filter, taken, others) => {
    const mapping = mappingOf({ filter, payload: 'text' });
    for (const topic of taken) expect([topic, values(read(mapping, 'x', { topic }))]).toEqual([topic, [[topic, 'x']]]);
    for (const topic of others) expect([topic, codes(read(mapping, 'x', { topic }))]).toEqual([topic, ['noMapping']]);
    for (const topic of taken) expect(mapping.entryOf(topic)).toBe(0);
    for (const topic of others) expect(mapping.entryOf(topic)).toBeUndefined();
  });

  it('of several entries that take a topic, the first counts', () => {
    const mapping = mappingOf(
      { filter: 'a/b', payload: 'number' },
      { filter: 'a/+', payload: 'text' },
      { filter: '#', pattern: '{x}/c', payload: 'text' },
      { filter: '#' },
    );
    expect(['a/b', 'a/c', 'b/c', 'b/d', 'b'].map((topic) => mapping.entryOf(topic))).toEqual([0, 1, 2, 3, 3]);
    expect(only(read(mapping, '1', { topic: 'a/b' })).value).toBe(1);
    expect(only(read(mapping, '1', { topic: 'a/c' })).value).toBe('1');
    expect(only(read(mapping, '1', { topic: 'b/c' })).attributes).toEqual({ x: 'b' });
    // Once known, a topic is the same.
    expect(mapping.entryOf('a/c')).toBe(1);
  });

  it('is subscribed to once, with the highest quality of service, in its group', () => {
    const topics = [
      { filter: 'a', qos: 0 as const },
      { filter: 'a', qos: 1 as const },
      { filter: 'b', qos: 1 as const },
      { filter: 'b', qos: 0 as const },
      { filter: 'a', qos: 0 as const, share: 'g' },
    ];
    expect(subscriptionsOf(topics)).toEqual([
      { filter: 'a', qos: 1 },
      { filter: 'b', qos: 1 },
      { filter: '$share/g/a', qos: 0 },
    ]);
  });
});

describe('a pattern', () => {
  const fields = (pattern: string, topic: string, filter = '#') =>
    only(read(mappingOf({ filter, pattern, payload: 'text' }), 'x', { topic })).attributes;

  it.each([
    ['plant/{area}/{device}/temperature', 'plant/north/d 1/temperature', { area: 'north', device: 'd 1' }],
    ['plant/+/{device}', 'plant/north/d', { device: 'd' }],
    ['plant/{rest...}', 'plant/a//b', { rest: 'a//b' }],
    ['plant/{rest...}', 'plant', {}],
    ['plant/{rest...}', 'plant/', { rest: '' }],
    ['{a}/#', 'x/y/z', { a: 'x' }],
    ['{a}/{b}', '/', { a: '', b: '' }],
    ['{all...}', 'x/y', { all: 'x/y' }],
  ])('%s makes fields of %s', (pattern, topic, expected) => {
    expect(fields(pattern, topic)).toEqual(expected);
  });

  it('leaves a topic that does not fit to the others', () => {
    const mapping = mappingOf({ pattern: '{a}/x', payload: 'text' });
    for (const topic of ['a', 'a/y', 'a/x/', 'a/x/b']) {
      expect(codes(read(mapping, 'x', { topic }))).toEqual(['noMapping']);
    }
  });

  it('lets a name for people be made of its fields', () => {
    const entry = {
      pattern: '{area}/{device}/#',
      name: '{area}: {device} {field}',
      values: [
        { field: 't', path: '$.t' },
        { field: 'h', path: '$.h' },
      ],
    };
    const { measurements } = read(mappingOf(entry), '{"t":1,"h":2}', { topic: 'north/$& {field}' });
    expect(measurements.map(({ tag }) => tag.name)).toEqual(['north: $& {field} t', 'north: $& {field} h']);
    const empty = mappingOf({ pattern: '{x}/#', name: ' {x} ', payload: 'text' });
    expect(only(read(empty, '1', { topic: '/a' })).tag.name).toBe('/a');
  });

  it('is overridden by what the reading itself has', () => {
    const entry = { pattern: '{a}/#', records: '$', key: 'location' };
    expect(only(read(mappingOf(entry), '[1]', { topic: 'x', retained: true })).attributes).toEqual({
      a: 'x',
      key: '0',
      retained: true,
    });
  });
});

describe('a topic that can name nothing', () => {
  it.each(['', 'a\0b', 'a\uFFFDb', 'a\ud800b', 'a/#', '+/a', 'a#b'])('gives a dead letter: %j', (topic) => {
    const found = read(mappingOf({ payload: 'text' }), 'x', { topic });
    expect([found.measurements, codes(found)]).toEqual([[], ['badName']]);
  });
});

/** Whatever a publisher can write into a topic: all of Unicode but NUL, `+` and `#`. */
const level = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('.', ' ', '*', '>', '%', '$', '\r', '\n', '\t', '\u0001', '\u2028', '#', 'a', 'é', '2', '3'),
    maxLength: 6,
  }),
  fc.constantFrom(
    '',
    '%',
    '%23',
    '%25',
    '.',
    '..',
    '>',
    '*',
    '$SYS',
    '$share',
    ' ',
    '\r\nPUB x 1\r\ny',
    '𝒳',
    '[hidden]',
  ),
);
const topics = fc
  .array(level, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.map((text) => text.replace(/[\0+#/\uFFFD]/g, '')).join('/'))
  .filter((topic) => topic !== '');
const names = fc.oneof(level, level, fc.constantFrom('temperature', 'a', '#', '##', 'a#b', '/', '~1', '\0'));

describe('the names of readings', () => {
  const mapping = mappingOf(
    { filter: '#', records: '$', key: 'location', values: [{ path: '$.*', field: '{location}' }] },
    { filter: '+/#', payload: 'text' },
    { filter: '$SYS/#', payload: 'text' },
  );
  const readingOf = (topic: string, key: string, field: string): Measurement | undefined => {
    const { measurements, rejects } = read(mapping, JSON.stringify({ [key]: { [field]: 1 } }), { topic });
    if (topic.startsWith('$')) expect(rejects).toHaveLength(topic.split('/')[0] === '$SYS' ? 0 : 1);
    else expect(rejects).toEqual([]);
    return topic.startsWith('$') ? undefined : measurements[0];
  };
  const named = (topic: string, key: string, field: string) => {
    const found = readingOf(topic, key, field);
    return found === undefined ? undefined : publicationOf('iota', origin, found);
  };

  it('are safe subjects that give topic, key and field back, whatever they are', () => {
    fc.assert(
      fc.property(topics, names, names, (topic, key, field) => {
        if (!key.isWellFormed() || !field.isWellFormed()) return;
        const publication = named(topic, key, field);
        if (publication === undefined) return;
        const { subject, body } = publication;
        if (Buffer.byteLength(subject) <= 1024) expect(publishSubject(subject)).toBe(subject);
        const tokens = subject.split('.').slice(4).map(unescapeToken);
        const place = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1');
        const part = (text: string): string => `#${place(text).replaceAll('%', '%25').replaceAll('#', '%23')}`;
        expect(tokens).toEqual([...topic.split('/'), part(key), part(field)]);
        const reading = readingSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
        const { id } = parseFqn(reading.fqn);
        const [ofTopic, ofKey = '', ofField = '', ...more] = id.split('#');
        expect([ofTopic, decodeURIComponent(ofKey), decodeURIComponent(ofField), more]).toEqual([
          topic,
          place(key),
          place(field),
          [],
        ]);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('differ where topic, key or field differ', () => {
    const triple = fc.tuple(topics, names, names).filter((texts) => texts.every((text) => text.isWellFormed()));
    const close = fc
      .tuple(triple, triple, fc.boolean(), fc.boolean(), fc.boolean())
      .map(([a, b, topic, key, field]) => [a, [topic ? a[0] : b[0], key ? a[1] : b[1], field ? a[2] : b[2]]] as const);
    fc.assert(
      fc.property(close, ([a, b]) => {
        const [first, second] = [named(...a), named(...(b as typeof a))];
        if (first === undefined || second === undefined) return;
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(first.subject === second.subject).toBe(same);
        const fqn = ({ body }: typeof first) => (JSON.parse(Buffer.from(body).toString()) as { fqn: string }).fqn;
        expect(fqn(first) === fqn(second)).toBe(same);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('cannot be those of a deeper topic', () => {
    const found = (entry: object, topic: string, payload: string) =>
      publicationOf('iota', origin, only(read(mappingOf(entry as Record<string, unknown>), payload, { topic })));
    const field = found({ values: [{ path: '$.t', field: 't' }] }, 'a', '{"t":1}');
    const deeper = ['a/t', 'a/%23t', 'a%23t', 'a.t'].map((topic) => found({}, topic, '1'));
    expect(new Set([field, ...deeper].map(({ subject }) => subject)).size).toBe(5);
    expect(field.subject).toBe('iota.readings.mqtt.hall%203.a.#t');
  });
});
