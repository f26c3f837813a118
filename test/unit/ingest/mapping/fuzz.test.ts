/** Whatever a message holds, what it comes to keeps the contract, and it never comes to nothing unseen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterSchema, readingSchema } from '../../../../src/contract/reading.ts';
import { deadLetterOf, publicationOf, type Origin, type Reject } from '../../../../src/ingest/reading.ts';
import { LIMITS, mappingOf, read, RECEIVED } from '../../../support/mapping.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const origin: Origin = { scheme: 'mqtt', connection: 'hall' };
const types = ['auto', 'number', 'text', 'boolean'].map((type) => ({ field: type, path: '$.v', type }));
const mappings = [
  {},
  { payload: 'text' },
  { payload: 'number' },
  { values: types, time: { path: '$.t' } },
  { values: [{ path: '$.*', unitPath: '$.u' }], time: { path: '/t', format: 'iso', timeZone: 'Europe/Berlin' } },
  { values: [{ path: '$..v', states: { '1': 'ON' } }], time: { path: '$.t', format: 's' } },
  { records: '$', key: '$.id', values: types, time: { path: '$.t' } },
  { records: '$[*]', key: 'location', values: [{ path: '$', scale: 0.1, offset: -7 }] },
  { records: '$', key: 'time', values: [{ path: '$.v' }], time: { path: '$.t' } },
].map((entry) => mappingOf(entry));

/** Values of all kinds, and such as look like numbers and times. */
const scalar = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.double(),
  fc.constantFrom(
    '21.5',
    '0x10',
    '',
    ' ',
    'NaN',
    'N/A',
    '1e400',
    '2026-03-01T12:00:00',
    '2026-03-01T12:00:00Z',
    '1772366400',
  ),
  fc.constantFrom(1772366400, 1772366400123, 0, -1, 1e308, 5e-324, 2 ** 53, 1e21),
);
const record = fc.record({ v: scalar, t: scalar, id: scalar, u: scalar }, { requiredKeys: [] });
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .oneof(fc.jsonValue(), scalar, record, fc.array(record, { maxLength: 5 }), fc.dictionary(fc.string(), record))
    .map((value) => Buffer.from(JSON.stringify(value))),
  // Numbers longer than a JavaScript number can be.
  fc.tuple(fc.bigInt(), fc.nat(), fc.integer({ min: -500, max: 500 })).map(([whole, decimals, exponent]) => {
    const number = `${whole}.${decimals}e${exponent}`;
    return Buffer.from(`[{"v":${whole},"t":${number},"id":${whole}},{"v":${number},"t":${whole},"id":"${number}"}]`);
  }),
);

describe('any message', () => {
  it('comes to readings and dead letters that keep the contract', () => {
    fc.assert(
      fc.property(payload, fc.constantFrom(...mappings), fc.boolean(), (bytes, mapping, retained) => {
        const { measurements, rejects } = read(mapping, bytes, { retained });
        for (const measurement of measurements) {
          const { body } = publicationOf('iota', origin, measurement);
          const reading = readingSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')));
          expect(reading.value === null).toBe(reading.status === 'Bad Data');
          expect(reading.reason === undefined).toBe(reading.status === 'Good');
          const aheadMs = Number(measurement.time - RECEIVED) / 1e6;
          expect(aheadMs <= LIMITS.aheadMs && -aheadMs <= LIMITS.oldMs).toBe(true);
        }
        for (const reject of rejects) {
          const letter = deadLetterOf('iota', origin, reject);
          deadLetterSchema.parse(JSON.parse(Buffer.from(letter.body).toString('utf8')));
          expect(reject.reason).not.toContain('could not be worked through');
        }
        const ids = measurements.map((measurement) => publicationOf('iota', origin, measurement).id);
        expect(new Set(ids).size).toBe(ids.length);
        if (!isEmptyList(bytes)) expect(measurements.length + rejects.length).toBeGreaterThan(0);
      }),
      { numRuns: propertyRuns(3000) },
    );
  });

  it('comes to the same again', () => {
    fc.assert(
      fc.property(payload, fc.constantFrom(...mappings), (bytes, mapping) => {
        const ids = (): string[] => {
          const { measurements, rejects } = read(mapping, bytes);
          const letters = rejects.map((reject: Reject) => deadLetterOf('iota', origin, reject).id);
          return [...measurements.map((measurement) => publicationOf('iota', origin, measurement).id), ...letters];
        };
        expect(ids()).toEqual(ids());
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

/** The one message that may come to nothing: a list of no records. */
const isEmptyList = (bytes: Uint8Array): boolean => /^\s*(?:\[\s*\]|\{\s*\})\s*$/.test(Buffer.from(bytes).toString());
