/** What a post comes to, without the network: values, flags, times, and everything that can be wrong with them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readingFqn } from '../../../../../src/contract/reading-subject.ts';
import { formatInstant, parseInstant } from '../../../../../src/contract/time/instant.ts';
import { readingSchema } from '../../../../../src/contract/reading.ts';
import type { DecodedMessage, Measurement } from '../../../../../src/ingest/reading.ts';
import { publicationOf, readingOf } from '../../../../../src/ingest/reading.ts';
import { PostError, readPost } from '../../../../../src/ingest/feeds/seneye/post.ts';
import { readingsOf, type ReadingOptions } from '../../../../../src/ingest/feeds/seneye/readings.ts';
import { SUD_ID } from './harness.ts';

const RECEIVED = parseInstant('2026-01-31T08:00:00Z') ?? 0n;
/** A minute before. */
const TS = 1_769_846_340;
const OPTIONS: ReadingOptions = { times: { aheadMs: 300_000, oldMs: 3660 * 86_400_000 }, outOfWater: 'questionable' };
const ORIGIN = { scheme: 'seneye', connection: 'home' } as const;

const text = (data: string, sud = ''): string =>
  `{"ver":"1.0.0","SUD":{"id":"${SUD_ID}","name":"Office","type":3,"TS":${TS}${sud},"data":${data}}}`;

function deliver(message: string | Uint8Array, options: Partial<ReadingOptions> = {}): DecodedMessage {
  const payload = Buffer.from(message);
  return readingsOf(readPost(payload), payload, RECEIVED, { ...OPTIONS, ...options });
}

const named = ({ measurements }: DecodedMessage): Record<string, Measurement> =>
  Object.fromEntries(measurements.map((one) => [one.tag.id.split('#')[1] ?? '', one]));

/** Value and status by name. */
const graded = (delivery: DecodedMessage): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(named(delivery)).map(([name, { value, status }]) => [name, [value, status]]));

const ALL = '{"S":{"W":1,"T":0,"P":1,"N":0,"S":0,"K":0},"T":25.125,"P":8.01,"N":0.002,"K":14000,"L":9000,"A":163}';

describe('a post', () => {
  it('gives a reading with unit for each value and each flag', () => {
    const delivery = deliver(text(ALL));
    expect(delivery.rejects).toEqual([]);
    expect(delivery.measurements.map(({ tag, value, unit, status }) => [tag.id, value, unit, status])).toEqual([
      [`${SUD_ID}#temperature`, 25.125, '°C', 'Good'],
      [`${SUD_ID}#ph`, 8.01, 'pH', 'Good'],
      [`${SUD_ID}#ammonia`, 0.002, 'ppm', 'Good'],
      [`${SUD_ID}#kelvin`, 14000, 'K', 'Good'],
      [`${SUD_ID}#lux`, 9000, 'lx', 'Good'],
      [`${SUD_ID}#par`, 163, 'µmol/m²/s', 'Good'],
      [`${SUD_ID}#inWater`, true, undefined, 'Good'],
      [`${SUD_ID}#slideExpired`, false, undefined, 'Good'],
      [`${SUD_ID}#temperatureAlert`, false, undefined, 'Good'],
      [`${SUD_ID}#phAlert`, true, undefined, 'Good'],
      [`${SUD_ID}#ammoniaAlert`, false, undefined, 'Good'],
      [`${SUD_ID}#kelvinOffLine`, false, undefined, 'Good'],
    ]);
  });

  it('adds flags and device to every reading, which is one of the contract', () => {
    for (const measurement of deliver(text(ALL)).measurements) {
      const reading = readingSchema.parse(readingOf(ORIGIN, measurement));
      expect(reading.fqn).toMatch(/^seneye:home\/signal\/AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00%23[a-zA-Z]+$/);
      expect(reading).toMatchObject({ time: '2026-01-31T07:59:00Z', received: '2026-01-31T08:00:00Z' });
      expect(reading.attributes).toEqual({
        ...{ sud: SUD_ID, device: 'Office', deviceType: 'Reef', version: '1.0.0' },
        ...{ inWater: true, slideExpired: false, temperatureAlert: false, phAlert: true, ammoniaAlert: false },
        kelvinOffLine: false,
      });
    }
  });

  it.each([
    ['"ver":"2.1"', '2.1'],
    ['"version":"1.0.0"', '1.0.0'],
    ['"version":3', '3'],
    ['"x":1', undefined],
  ])('may call its version %s', (version, read) => {
    const [first] = deliver(text(ALL).replace('"ver":"1.0.0"', version)).measurements;
    expect(first?.attributes?.version).toBe(read);
  });

  it.each([
    ['1', 'Home'],
    ['2', 'Pond'],
    ['3', 'Reef'],
    ['"3"', 'Reef'],
    ['7', '7'],
    ['"constructor"', 'constructor'],
    ['null', undefined],
    ['{}', undefined],
  ])('of type %s is of a %s', (type, read) => {
    const [first] = deliver(text(ALL).replace('"type":3', `"type":${type}`)).measurements;
    expect(first?.attributes?.deviceType).toBe(read);
  });

  it('takes the name of the configuration, else its own, else the id', () => {
    const name = (message: string, options = {}): unknown => deliver(message, options).measurements[0]?.tag.name;
    expect(name(text('{"T":1}'))).toBe('Office temperature');
    expect(name(text('{"T":1}'), { name: 'Tank 2' })).toBe('Tank 2 temperature');
    expect(name(text('{"T":1}').replace('"Office"', 'null'))).toBe(`${SUD_ID} temperature`);
    expect(name(text('{"T":1}').replace('"Office"', '" \\r\\n "'))).toBe(`${SUD_ID} temperature`);
    expect(name(text('{"T":1}').replace('"Office"', '"a\\r\\nPUB x\\u0000 b"'))).toBe('a PUB x b temperature');
    expect(name(text('{"T":1}').replace('Office', 'x'.repeat(5000)))).toHaveLength(100 + ' temperature'.length);
  });
});

describe('what is missing stays missing', () => {
  it('pH and ammonia with an expired slide, light of a Home', () => {
    expect(graded(deliver(text('{"S":{"W":1,"T":0,"S":1},"T":21}')))).toEqual({
      temperature: [21, 'Good'],
      inWater: [true, 'Good'],
      slideExpired: [true, 'Good'],
      temperatureAlert: [false, 'Good'],
    });
  });

  it('flags that are not there', () => {
    expect(graded(deliver(text('{"T":21}')))).toEqual({ temperature: [21, 'Good'] });
    expect(graded(deliver(text('{"S":null,"T":21}')))).toEqual({ temperature: [21, 'Good'] });
    expect(graded(deliver(text('{"S":{"W":null},"T":21}')))).toEqual({ temperature: [21, 'Good'] });
  });

  it('a null is a value that cannot be read, and never a zero', () => {
    const { ph } = named(deliver(text('{"P":null}')));
    expect(ph).toMatchObject({ value: null, status: 'Bad Data', reason: 'The device sent null in place of a value.' });
  });

  it('whatever is left out: nothing else changes, and there is no zero that was not sent', () => {
    const values = { T: 25.1, P: 8, N: 0.001, K: 12000, L: 100, A: 7 };
    const names = { T: 'temperature', P: 'ph', N: 'ammonia', K: 'kelvin', L: 'lux', A: 'par' };
    fc.assert(
      fc.property(fc.subarray(['T', 'P', 'N', 'K', 'L', 'A'] as const, { minLength: 1 }), (kept) => {
        const data = JSON.stringify(Object.fromEntries(kept.map((key) => [key, values[key]])));
        expect(graded(deliver(text(data)))).toEqual(
          Object.fromEntries(kept.map((key) => [names[key], [values[key], 'Good']])),
        );
      }),
    );
  });
});

describe('values', () => {
  it.each([
    ['0', 0],
    ['-0.5', -0.5],
    ['21', 21],
    ['"21.125"', 21.125],
    ['"-3"', -3],
    ['2.1e1', 21],
    ['9007199254740991', 9007199254740991],
  ])('%s is a number', (written, value) => {
    expect(graded(deliver(text(`{"T":${written}}`)))).toEqual({ temperature: [value, 'Good'] });
  });

  it.each([
    '"NaN"',
    '"hot"',
    '""',
    '" "',
    '"25,3"',
    '"0x10"',
    '"Infinity"',
    'null',
    '1e999',
    '-1e999',
    '9007199254740993',
    '"1e400"',
    '12345678901234567890',
    `"${'9'.repeat(500)}"`,
  ])('%s is none: Bad Data without a value', (written) => {
    const { measurements, rejects } = deliver(text(`{"T":${written},"P":7}`));
    expect(measurements[0]).toMatchObject({ value: null, status: 'Bad Data', unit: '°C' });
    expect(measurements[0]?.reason?.length).toBeLessThan(100);
    expect(measurements[1]).toMatchObject({ value: 7, status: 'Good' });
    expect(rejects).toEqual([]);
  });

  it.each(['true', 'false', '{}', '[]', '[21]', '{"value":21}'])(
    '%s makes no sense: that part is rejected, the rest passes',
    (written) => {
      const { measurements, rejects } = deliver(text(`{"T":${written},"P":7}`));
      expect(measurements.map(({ value }) => value)).toEqual([7]);
      expect(rejects).toMatchObject([{ code: 'badValue', reason: expect.stringContaining('"SUD.data.T"') as string }]);
    },
  );

  it.each([
    ['{"S":{"K":0},"K":0}', 'the README shows a zero without its flag'],
    ['{"S":{"K":1},"K":0}', 'as documented'],
    ['{"S":{"K":1},"K":5000}', 'the flag says so'],
    ['{"K":0}', 'a zero alone'],
    ['{"K":"0"}', 'a zero as text'],
    ['{"K":-1}', 'less than nothing'],
  ])('no color temperature: %s (%s)', (data) => {
    expect(named(deliver(text(data))).kelvin).toMatchObject({ value: null, status: 'Bad Data', unit: 'K' });
  });

  it.each([
    ['T', -273.16, 'temperature', -273.15],
    ['P', -0.01, 'ph', 0],
    ['P', 14.01, 'ph', 14],
    ['N', -0.001, 'ammonia', 0],
    ['L', -1, 'lux', 0],
    ['A', -1, 'par', 0],
  ])('%s of %d cannot be, and is doubtful', (key, impossible, name, edge) => {
    const of = (value: number): unknown => named(deliver(text(`{"${key}":${value}}`)))[name];
    expect(of(impossible)).toMatchObject({
      ...{ value: impossible, status: 'Questionable' },
      reason: `The device sent ${impossible}, which cannot be.`,
    });
    expect(of(edge)).toMatchObject({ value: edge, status: 'Good' });
  });

  it('of light are doubtful from a device that cannot measure it', () => {
    const { lux, temperature } = named(deliver(text('{"T":21,"L":0}').replace('"type":3', '"type":1')));
    expect(lux).toMatchObject({ value: 0, status: 'Questionable', reason: expect.stringContaining('Home') as string });
    expect(temperature?.status).toBe('Good');
  });

  it('of the slide are doubtful when it has expired', () => {
    expect(graded(deliver(text('{"S":{"S":1},"T":21,"P":7,"N":0.1}')))).toEqual({
      temperature: [21, 'Good'],
      ph: [7, 'Questionable'],
      ammonia: [0.1, 'Questionable'],
      slideExpired: [true, 'Good'],
    });
  });
});

describe('out of water', () => {
  const DRY = ALL.replace('"W":1', '"W":0');

  it('all that is measured is Questionable, and so are the alerts', () => {
    const delivery = deliver(text(DRY));
    expect(graded(delivery)).toEqual({
      temperature: [25.125, 'Questionable'],
      ph: [8.01, 'Questionable'],
      ammonia: [0.002, 'Questionable'],
      kelvin: [14000, 'Questionable'],
      lux: [9000, 'Questionable'],
      par: [163, 'Questionable'],
      inWater: [false, 'Good'],
      slideExpired: [false, 'Good'],
      temperatureAlert: [false, 'Questionable'],
      phAlert: [true, 'Questionable'],
      ammoniaAlert: [false, 'Questionable'],
      kelvinOffLine: [false, 'Questionable'],
    });
    expect(named(delivery).temperature?.reason).toBe('The device is out of water.');
  });

  it('is left out by option, and still reported', () => {
    expect(graded(deliver(text(DRY), { outOfWater: 'omit' }))).toEqual({
      inWater: [false, 'Good'],
      slideExpired: [false, 'Good'],
    });
    expect(Object.keys(graded(deliver(text(ALL), { outOfWater: 'omit' })))).toHaveLength(12);
  });

  it('is Bad Data where the value is bad besides, with both reasons', () => {
    expect(named(deliver(text('{"S":{"W":0},"K":0}'))).kelvin).toMatchObject({ value: null, status: 'Bad Data' });
  });

  it.each(['2', '"yes"', '{}', '[]'])('is not guessed from a flag %s', (flag) => {
    const { measurements, rejects } = deliver(text(`{"S":{"W":${flag},"S":0},"T":21}`), { outOfWater: 'omit' });
    expect(measurements.map(({ value, status }) => [value, status])).toEqual([
      [21, 'Questionable'],
      [false, 'Good'],
    ]);
    expect(rejects).toMatchObject([{ code: 'badValue' }]);
  });

  it.each(['[]', '5', '"W"'])('is not guessed where the flags are %s', (flags) => {
    const { measurements, rejects } = deliver(text(`{"S":${flags},"T":21}`));
    expect(measurements.map(({ value, status }) => [value, status])).toEqual([[21, 'Questionable']]);
    expect(rejects).toMatchObject([{ code: 'wrongShape' }]);
  });

  it.each([
    ['true', true],
    ['"0"', false],
    ['"1"', true],
  ])('is read from a flag %s', (flag, value) => {
    expect(graded(deliver(text(`{"S":{"W":${flag}}}`))).inWater).toEqual([value, 'Good']);
  });
});

describe('time', () => {
  const timed = (written: string | undefined): Measurement | undefined => {
    const message = text('{"T":1}').replace(`"TS":${TS}`, written === undefined ? '"x":1' : `"TS":${written}`);
    return deliver(message).measurements[0];
  };

  it.each([
    [`${TS}`, '2026-01-31T07:59:00Z'],
    [`"${TS}"`, '2026-01-31T07:59:00Z'],
    [`${TS}.5`, '2026-01-31T07:59:00.500Z'],
    [`${TS}.123456789`, '2026-01-31T07:59:00.123456789Z'],
    [`${TS}.0000000019`, '2026-01-31T07:59:00.000000001Z'],
    ['"2026-01-31T07:59:00Z"', '2026-01-31T07:59:00Z'],
  ])('%s is %s, to the last digit', (written, time) => {
    const measurement = timed(written);
    expect(measurement?.status).toBe('Good');
    expect(formatInstant(measurement?.time ?? 0n)).toBe(time);
  });

  it.each([
    undefined,
    'null',
    '0',
    '-5',
    '"soon"',
    '""',
    'true',
    '{}',
    '[1]',
    '1e999',
    '"NaN"',
    '0.0',
    '"2026-01-31"',
    `"${'9'.repeat(4000)}"`,
  ])('%s is none: that of arrival, and Questionable', (written) => {
    const measurement = timed(written);
    expect(measurement).toMatchObject({ time: RECEIVED, value: 1, status: 'Questionable' });
    expect(measurement?.sourceTime).toBeUndefined();
    expect(measurement?.reason).toContain('that of arrival');
    expect(measurement?.reason?.length).toBeLessThan(150);
  });

  it.each([`${TS}000`, `${TS + 86_400}`, '1', '1000000000', '999999999999999'])(
    '%s cannot be: that of arrival, Questionable, and a repeated post has the same id',
    (written) => {
      const first = timed(written);
      expect(first).toMatchObject({ time: RECEIVED, status: 'Questionable' });
      expect(first?.attributes?.sourceTime).toBe(first?.sourceTime);
      const message = text('{"T":1}').replace(`"TS":${TS}`, `"TS":${written}`);
      const later = readingsOf(
        readPost(Buffer.from(message)),
        Buffer.from(message),
        RECEIVED + 60_000_000_000n,
        OPTIONS,
      );
      const ids = [first, later.measurements[0]].map((one) => one && publicationOf('iota', ORIGIN, one).id);
      expect(ids[0]).toBe(ids[1]);
    },
  );

  it('a clock that is a little ahead is believed', () => {
    expect(timed(`${TS + 240}`)?.status).toBe('Good');
  });
});

describe('what is no post', () => {
  it.each([
    ['', 'notJson'],
    ['{', 'notJson'],
    ['{"SUD":{"id":"a","data":{"T":NaN}}}', 'notJson'],
    ['['.repeat(60_000), 'notJson'],
    ['null', 'wrongShape'],
    ['5', 'wrongShape'],
    ['"text"', 'wrongShape'],
    ['[]', 'wrongShape'],
    ['{}', 'wrongShape'],
    ['{"SUD":[]}', 'wrongShape'],
    ['{"SUD":{"id":"a"}}', 'wrongShape'],
    ['{"SUD":{"id":"a","data":[]}}', 'wrongShape'],
    ['{"SUD":{"data":{"T":1}}}', 'badName'],
    ['{"SUD":{"id":"","data":{"T":1}}}', 'badName'],
    ['{"SUD":{"id":5,"data":{"T":1}}}', 'badName'],
    [`{"SUD":{"id":"${'A'.repeat(65)}","data":{"T":1}}}`, 'badName'],
    ['{"SUD":{"id":"\\ud800","data":{"T":1}}}', 'badName'],
  ])('is reported as itself: %.60s', (message, code) => {
    expect.assertions(2);
    try {
      readPost(Buffer.from(message));
    } catch (error) {
      expect(error).toBeInstanceOf(PostError);
      expect((error as PostError).code).toBe(code);
    }
  });

  it('nested too deep for the stack is no JSON, and ends nothing', () => {
    const deep = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect(() => readPost(Buffer.from(deep))).toThrow(PostError);
  });

  it('is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => readPost(bytes)).toThrow(expect.objectContaining({ code: 'notUtf8' }) as Error);
  });

  it('holds neither a value nor a flag', () => {
    for (const data of ['{}', '{"S":{}}', '{"X":5}']) {
      expect(deliver(text(data))).toMatchObject({ measurements: [], rejects: [{ code: 'missingValue' }] });
    }
  });

  it('may say anything at all: it is read, rejected or refused, and never throws otherwise', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.json(), fc.json(), (id, ts, value, flags) => {
        const message = `{"SUD":{"id":${id},"TS":${ts},"data":{"S":${flags},"T":${value},"__proto__":${value}}}}`;
        try {
          const { measurements, rejects } = deliver(message);
          expect(measurements.length + rejects.length).toBeGreaterThan(0);
          for (const one of measurements) readingSchema.parse(readingOf(ORIGIN, one));
        } catch (error) {
          if (!(error instanceof PostError)) throw error;
        }
      }),
    );
  });
});

describe('ids that are no hexadecimal digits', () => {
  it.each(['a\r\nPUB x 1', 'a.b.*.>', '>', '*', '$SYS', ' ', '.', '%', 'ü€', 'a/b#c', 'x'.repeat(64)])(
    '%j makes a safe subject of its own',
    (id) => {
      const [measurement] = deliver(text('{"T":1}').replace(SUD_ID, JSON.stringify(id).slice(1, -1))).measurements;
      if (!measurement) throw new Error('There is no measurement.');
      const { subject } = publicationOf('iota', ORIGIN, measurement);
      expect(subject.split('.')).toHaveLength(6);
      expect(subject).not.toMatch(/[\s*>]/);
      const fqn = readingFqn('iota', subject);
      expect(fqn?.id).toBe(measurement.tag.id);
      expect(fqn?.id.split('#').map(decodeURIComponent)).toEqual([id, 'temperature']);
    },
  );
});
