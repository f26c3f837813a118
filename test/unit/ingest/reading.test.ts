/** Names and ids of readings: safe, unambiguous, and the same for every delivery of the same thing. */
import { describe, expect, it } from 'vitest';
import { parseFqn } from '../../../src/contract/fqn.ts';
import { readingFqn } from '../../../src/contract/reading-subject.ts';
import { deadLetterSchema, readingSchema } from '../../../src/contract/reading.ts';
import {
  deadLetterOf,
  publicationOf,
  type Measurement,
  type Origin,
  type Reject,
} from '../../../src/ingest/reading.ts';

const origin: Origin = { scheme: 'mqtt', connection: 'hall 3' };
const measurement = (changes: Partial<Measurement> = {}): Measurement => ({
  tag: { id: 'plant/a#temperature', name: 'plant a temperature' },
  time: 1_700_000_000_123_456_789n,
  value: 21.5,
  unit: '°C',
  status: 'Good',
  received: 1_700_000_001_000_000_000n,
  ...changes,
});
const idOf = (changes: Partial<Measurement> = {}): string => publicationOf('iota', origin, measurement(changes)).id;

describe('a reading on the bus', () => {
  it('has the shape of the contract, all digits of its time, and a name that can be read back', () => {
    const { body, subject } = publicationOf('iota', origin, measurement({ attributes: { area: 'north' } }));
    const reading = readingSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    expect(reading).toEqual({
      fqn: 'mqtt:hall%203/signal/plant%2Fa%23temperature',
      source: 'mqtt:hall%203',
      name: 'plant a temperature',
      time: '2023-11-14T22:13:20.123456789Z',
      value: 21.5,
      unit: '°C',
      status: 'Good',
      received: '2023-11-14T22:13:21Z',
      attributes: { area: 'north' },
    });
    expect(subject).toBe('iota.readings.mqtt.hall%203.plant.a.#temperature');
    expect(readingFqn('iota', subject)).toEqual(parseFqn(reading.fqn));
    expect(parseFqn(reading.fqn)).toEqual({
      scheme: 'mqtt',
      host: 'hall 3',
      kind: 'signal',
      id: 'plant/a#temperature',
    });
  });

  it('keeps what is missing missing', () => {
    const { body } = publicationOf(
      'iota',
      origin,
      measurement({ value: null, status: 'Bad Data', reason: 'N/A', unit: undefined }),
    );
    const reading = readingSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
    expect(reading).toMatchObject({ value: null, status: 'Bad Data', reason: 'N/A' });
    expect(Object.keys(reading)).not.toContain('unit');
    expect(Object.keys(reading)).not.toContain('attributes');
  });
});

describe('the id of a reading', () => {
  it('is the same whenever it arrives and whatever it is called', () => {
    expect(idOf({ received: 1n })).toBe(idOf());
    expect(idOf({ tag: { ...measurement().tag, name: 'renamed' } })).toBe(idOf());
    expect(idOf({ reason: 'told in other words' })).toBe(idOf());
  });

  it('holds no line break, whatever the tag holds', () => {
    expect(idOf({ tag: { id: 'a\r\nNats-Expected-Stream: x', name: '' }, sourceTime: '0' })).toMatch(/^[\x21-\x7e]+$/);
  });

  it('holds no line break, whatever the sender calls a time', () => {
    const texts = ['1\r\n2', '1\n2', '1%0D%0A2', '1 2', '1\x002', 'é\u{1F552}\uD800'];
    const ids = texts.map((sourceTime) => idOf({ sourceTime }));
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]+$/);
    expect(new Set(ids).size).toBe(texts.length);
    expect(idOf({ sourceTime: '2099-01-01T00:00:00.5Z' })).toContain('@2099-01-01T00:00:00.5Z#');
  });

  it.each<[string, Partial<Measurement>]>([
    ['tag', { tag: { ...measurement().tag, id: 'plant/a#pressure' } }],
    ['time', { time: 1_700_000_000_123_456_788n }],
    ['value', { value: 21.500001 }],
    ['kind of value', { value: '21.5' }],
    ['unit', { unit: 'K' }],
    ['status', { status: 'Questionable' }],
    ['attributes', { attributes: { slideExpired: true } }],
  ])('differs with another %s, so that nothing is lost as a repeat', (_what, changes) => {
    expect(idOf(changes)).not.toBe(idOf());
  });

  it('uses the time that the sender claimed, where the time of arrival replaced it', () => {
    const sourceTime = '2099-01-01T00:00:00Z';
    expect(idOf({ time: 1n, sourceTime })).toBe(idOf({ time: 2n, sourceTime }));
    expect(idOf({ time: 1n, sourceTime })).not.toBe(idOf({ time: 1n, sourceTime: '2099-01-01T00:00:01Z' }));
  });
});

describe('a dead letter', () => {
  const reject = (changes: Partial<Reject> = {}): Reject => ({
    code: 'notJson',
    reason: 'It is no JSON.',
    payload: Buffer.from('{"a":'),
    about: { topic: 'a/b' },
    received: 1_700_000_000_000_000_000n,
    ...changes,
  });
  const letter = (changes: Partial<Reject> = {}) => {
    const { subject, id, body } = deadLetterOf('iota', origin, reject(changes));
    return { subject, id, ...deadLetterSchema.parse(JSON.parse(Buffer.from(body).toString('utf8'))) };
  };

  it('shows the message, its topic, and what is wrong with it', () => {
    expect(letter()).toMatchObject({
      subject: 'iota.deadletters.mqtt.hall%203',
      source: 'mqtt:hall%203',
      code: 'notJson',
      reason: 'It is no JSON.',
      about: { topic: 'a/b' },
      payload: Buffer.from('{"a":').toString('base64'),
      payloadBytes: 5,
      truncated: false,
    });
  });

  it('is bounded, however much came', () => {
    const large = letter({ payload: Buffer.alloc(1_000_000, 7), about: { topic: 't'.repeat(60_000) } });
    expect(large).toMatchObject({ payloadBytes: 1_000_000, truncated: true });
    expect(Buffer.from(large.payload, 'base64')).toEqual(Buffer.alloc(4096, 7));
    expect(large.about?.topic).toHaveLength(1025);
  });

  it('is one for each message: the same again only for the same delivery', () => {
    expect(letter().id).toBe(letter().id);
    expect(letter({ received: 1n }).id).not.toBe(letter().id);
    expect(letter({ payload: Buffer.from('{"b":') }).id).not.toBe(letter().id);
  });
});
