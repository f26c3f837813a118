/** Entries of `topics`: what is taken, and what is refused with words that say what would be right. */
import { describe, expect, it } from 'vitest';
import { topicSchema } from '../../../../src/ingest/mapping/config.ts';
import { good, load, problem, problems, type Raw } from '../../../support/config.ts';

const broker = (topics: unknown): Raw =>
  good({}, { ingest: { mqtt: [{ name: 'hall', url: 'mqtts://broker.example.com', clientId: 'driver', topics }] } });
const file = (entry: Raw): Raw => broker([{ filter: 'plant/+/+', ...entry }]);
const TOPIC = 'settings.ingest.mqtt[0].topics[0]';

describe('an entry of topics', () => {
  it('needs nothing but a filter', async () => {
    const { config } = await load(broker([{ filter: 'plant/#' }]));
    expect(config.ingest?.mqtt[0]?.topics).toEqual([
      {
        filter: 'plant/#',
        qos: 1,
        payload: 'json',
        time: { of: 'record', format: 'auto', optional: false },
        numbersAsText: true,
        maxPayloadBytes: 1_048_576,
        missing: ['', 'null', 'None', 'NaN', 'N/A', 'Not Available'],
      },
    ]);
  });

  it('is taken with all of its keys', async () => {
    const entry = {
      filter: 'plant/+/+',
      qos: 0,
      share: 'drivers',
      silentAfterMs: 60_000,
      pattern: 'plant/{area}/{rest...}',
      name: '{area} {rest} {topic} {field} {key}',
      payload: 'json',
      records: '$.readings[?@.ok == true && length(@.id) > 2]',
      key: "$['device id']",
      values: [
        {
          field: 't',
          path: '$.t',
          type: 'number',
          unit: '°C',
          unitPath: '/unit',
          scale: 0.1,
          offset: -3,
          optional: true,
        },
        { field: 's', path: '/s/0', type: 'auto', states: { '0': 'OFF' }, optional: false },
        { field: 'c {location}', path: '$.c[*].v', type: 'text', optional: false },
      ],
      time: { path: '$.ts', of: 'message', format: 'iso', timeZone: 'Europe/Berlin', optional: true },
      numbersAsText: false,
      maxPayloadBytes: 1000,
      missing: [],
    };
    const { config } = await load(broker([entry]));
    expect(config.ingest?.mqtt[0]?.topics).toEqual([entry]);
  });

  it('says of every key what it means, for the documentation', () => {
    const bare = (shape: Readonly<Record<string, { description?: string | undefined }>>): string[] =>
      Object.entries(shape).flatMap(([key, { description = '' }]) => (description.length > 10 ? [] : [key]));
    const { shape } = topicSchema;
    expect(bare(shape)).toEqual([]);
    expect(bare(shape.values.unwrap().element.shape)).toEqual([]);
    expect(bare(shape.time.unwrap().shape)).toEqual([]);
  });

  it.each<[string, Raw, string, string]>([
    ['an empty filter', { filter: '' }, 'filter', 'must not be empty'],
    ['a NUL in the filter', { filter: 'a\0' }, 'filter', 'no NUL'],
    ['half of a surrogate pair in the filter', { filter: 'a\ud800' }, 'filter', 'surrogate'],
    ['a filter with more levels than a broker takes', { filter: 'a/'.repeat(200) }, 'filter', 'at most 200 levels'],
    ['# before the end', { filter: 'a/#/b' }, 'filter', 'only as the last level'],
    ['# in a level', { filter: 'a/b#' }, 'filter', '# only as a whole level'],
    ['+ in a level', { filter: 'a/b+' }, 'filter', '+ only as a whole level'],
    ['++', { filter: '++' }, 'filter', '+ only as a whole level'],
    ['a group in the filter', { filter: '$share/g/a' }, 'filter', 'name the group in share'],
    ['a filter that MQTT cannot carry', { filter: 'ä'.repeat(32_768) }, 'filter', 'at most 65535 bytes'],
    ['a group with a slash', { share: 'a/b' }, 'share', 'without / + #'],
    ['a group with a wildcard', { share: '+' }, 'share', 'without / + #'],
    ['an empty group', { share: '' }, 'share', 'must not be empty'],
    ['a blank as a group', { share: ' ' }, 'share', 'nor end with a space'],
    [
      'a state without a key',
      { values: [{ path: '$', states: { '': 'OFF' } }] },
      'values[0].states.""',
      'its name must not be empty',
    ],
    ['QoS 2', { qos: 2 }, 'qos', 'must be 0 or 1'],
    ['a silence that is none', { silentAfterMs: 10 }, 'silentAfterMs', 'at least 1000'],
    ['another kind of payload', { payload: 'xml' }, 'payload', 'json'],
    ['a key that nobody knows', { vlaues: [] }, 'vlaues', 'did you mean "values"'],
    ['a list without values', { values: [] }, 'values', 'must not be empty'],
    ['a time that is no object', { time: 'arrival' }, 'time', 'must be an object'],
    ['a zone that is none', { time: { path: '$.t', timeZone: 'Mars/Olympus' } }, 'time.timeZone', 'IANA time zone'],
    ['a zone of several meanings', { time: { path: '$.t', timeZone: 'IST' } }, 'time.timeZone', 'IANA time zone'],
    ['an offset as a zone', { time: { path: '$.t', timeZone: '+02:00' } }, 'time.timeZone', 'IANA time zone'],
  ])('is refused with %s', async (_what, entry, path, message) => {
    const found = await problem(file(entry));
    expect(found.path).toBe(`${TOPIC}.${path}`);
    expect(found.message).toContain(message);
  });

  it.each<[string, string]>([
    ['plant/{area', 'only as whole levels'],
    ['plant/a{area}', 'only as whole levels'],
    ['plant/a+', 'only as whole levels'],
    ['plant/{}/x', 'names of letters'],
    ['plant/{a b}/x', 'names of letters'],
    ['plant/{1a}/x', 'names of letters'],
    ['plant/{__proto__}/x', 'names of letters'],
    ['plant/{a}/{a}', 'only once'],
    ['plant/{rest...}/x', 'only as the last level'],
    ['plant/#/x', 'only as the last level'],
    ['plant/{topic}/x', 'has a meaning already'],
    ['plant/{retained}/x', 'has a meaning already'],
    ['factory/{a}/{b}', 'must fit the filter "plant/+/+"'],
    ['plant/{a}', 'must fit the filter'],
    ['plant/{a}/{b}/{c}', 'must fit the filter'],
    ['plant/{a}/{b}/{c}/{rest...}', 'must fit the filter'],
  ])('is refused with the pattern %s', async (pattern, message) => {
    const found = await problem(file({ pattern }));
    expect([found.path, found.message]).toEqual([`${TOPIC}.pattern`, expect.stringContaining(message)]);
  });

  it.each([
    ['plant/+/+', 'plant/{a}/{b}'],
    ['plant/+/+', '{rest...}'],
    ['plant/+/+', 'plant/{a}/temperature'],
    ['plant/+/+', 'plant/+/+/{rest...}'],
    ['plant/#', 'plant'],
    ['plant/#', 'plant/{a}/{b}/{c}'],
    ['plant/a/b', '{x}/a/#'],
    ['#', '{a}'],
    ['$SYS/#', '{a}/{b}'],
  ])('with the filter %s is taken with the pattern %s', (filter, pattern) => {
    expect(topicSchema.safeParse({ filter, pattern }).error).toBeUndefined();
  });

  it.each<[string, string]>([
    ['temperature', 'must be a JSONPath such as "$.temperature"'],
    ['$.', 'is no JSONPath'],
    ['$.a[', 'is no JSONPath'],
    ['$.a b', 'is no JSONPath'],
    ['$a', 'is no JSONPath'],
    ['/a~2b', 'only as ~0'],
    ['/a~', 'only as ~0'],
    // What a message could make endless work of.
    ["$[?match(@.a, '(a+)+b')]", 'only length is known here'],
    ['$[?search(@.a, @.b)]', 'only length is known here'],
    ['$..a..b', '".." once at most'],
    ['$[?count(@..a) > 1]', 'only paths to one value'],
    ['$[?@.a[*]]', 'only paths to one value'],
    ['$[?!(@.a || $..b)]', 'only paths to one value'],
    ['$[?@.a == 1 && @[?@.b]]', 'only paths to one value'],
    ['$.list[?$.a == $.b]', 'not two parts of the whole message'],
    ['$.list[?@.a == 1 && !($.a <= $.b)]', 'not two parts of the whole message'],
    ['$.list[?length($.name) > 3]', 'not two parts of the whole message'],
  ])('is refused with the path %s', async (path, message) => {
    const found = await problem(file({ values: [{ path }] }));
    expect([found.path, found.message]).toEqual([`${TOPIC}.values[0].path`, expect.stringContaining(message)]);
  });

  it.each<[string, Raw, string, string]>([
    ['records without a key', { records: '$.r' }, 'key', 'what distinguishes the records'],
    ['a key without records', { key: '$.id' }, 'key', 'only goes with records'],
    ['a key that is no path', { records: '$', key: 'id' }, 'key', '"location" or "time"'],
    ['a key with wildcards', { records: '$', key: '$.*' }, 'key', 'without wildcards'],
    ['time as the key, of which there is none', { records: '$', key: 'time' }, 'key', 'only with a time.path'],
    [
      'time as the key, the same for all',
      { records: '$', key: 'time', time: { path: '$.t', of: 'message' } },
      'key',
      'only with a time.path',
    ],
    ['a time with wildcards', { time: { path: '$.*' } }, 'time.path', 'without wildcards'],
    [
      'a unit with wildcards',
      { values: [{ path: '$.v', unitPath: '$..u' }] },
      'values[0].unitPath',
      'without wildcards',
    ],
    ['a value without a path', { values: [{ field: 'a' }] }, 'values[0].path', 'where is the value'],
    [
      'a value without a name beside another',
      { values: [{ field: 'a', path: '$.a' }, { path: '$.b' }] },
      'values[1].field',
      'several values need names',
    ],
    [
      'two values of one name',
      {
        values: [
          { field: 'a', path: '$.a' },
          { field: 'a', path: '$.b' },
        ],
      },
      'values[1].field',
      'must differ from that of values[0]',
    ],
    ['one name for many places', { values: [{ field: 'a', path: '$.*' }] }, 'values[0].field', 'must have {location}'],
    [
      'a place where there is one',
      { values: [{ field: '{location}', path: '$.a' }] },
      'values[0].field',
      'has wildcards',
    ],
    ['a line break in a name', { values: [{ field: 'a\nb', path: '$.a' }] }, 'values[0].field', 'no line breaks'],
    ['a template of nothing', { name: '{area} {x}' }, 'name', '{area} is none of them'],
    ['a scale of 0', { values: [{ path: '$.a', scale: 0 }] }, 'values[0].scale', 'must not be 0'],
    ['a scale of texts', { values: [{ path: '$.a', type: 'text', scale: 2 }] }, 'values[0].scale', 'type text'],
    ['an offset of booleans', { values: [{ path: '$.a', type: 'boolean', offset: 2 }] }, 'values[0].offset', 'boolean'],
    ['a scale of states', { values: [{ path: '$.a', scale: 2, states: { 1: 'a' } }] }, 'values[0].scale', 'states'],
    ['records in a text', { payload: 'text', records: '$' }, 'records', 'only goes with payload json'],
    ['a time in a number', { payload: 'number', time: { path: '$.t' } }, 'time.path', 'only goes with payload json'],
    [
      'a path in a text',
      { payload: 'text', values: [{ path: '$.a' }] },
      'values[0].path',
      'only goes with payload json',
    ],
    ['a number that is a text', { payload: 'number', values: [{ type: 'text' }] }, 'values[0].type', 'must be number'],
    ['two values in a text', { payload: 'text', values: [{ field: 'a' }, { field: 'b' }] }, 'values', 'one at most'],
  ])('is refused with %s', async (_what, entry, path, message) => {
    expect(await problems(file(entry))).toContainEqual(
      expect.objectContaining({ path: `${TOPIC}.${path}`, message: expect.stringContaining(message) as string }),
    );
  });
});
