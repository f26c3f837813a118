/** The latest readings that the status page shows. */
import { describe, expect, it } from 'vitest';
import { LatestReadings } from '../../../src/telemetry/latest-readings.ts';
import type { Measurement, Origin } from '../../../src/ingest/reading.ts';

const HALL: Origin = { scheme: 'mqtt', connection: 'hall' };
const REEF: Origin = { scheme: 'seneye', connection: 'reef' };
const NS_PER_S = 1_000_000_000n;

const measured = (
  id: string,
  value: Measurement['value'],
  atS: number,
  more: Partial<Measurement> = {},
): Measurement => ({
  ...{
    tag: { id, name: id },
    time: BigInt(atS * 1000) * 1_000_000n,
    value,
    status: 'Good',
    received: BigInt(Math.ceil(atS + 1)) * NS_PER_S,
  },
  ...more,
});

describe('the latest readings', () => {
  it('are those with the newest time, whatever arrives last, and the trend is in the order of time', () => {
    const latest = new LatestReadings();
    latest.record(HALL, measured('line/press#pressure', 1, 10));
    latest.record(HALL, measured('line/press#pressure', 3, 30));
    latest.record(HALL, measured('line/press#pressure', 2, 20));
    latest.record(HALL, measured('line/press#pressure', 4, 30));
    expect(latest.devices).toMatchObject([
      {
        device: 'line/press',
        received: '1970-01-01T00:00:31Z',
        tags: [
          {
            ...{ fqn: 'mqtt:hall/signal/line%2Fpress%23pressure', field: 'pressure', value: 4 },
            ...{ time: '1970-01-01T00:00:30Z', count: 4 },
            trend: [
              { value: 1, atMs: 10_000 },
              { value: 2, atMs: 20_000 },
              { value: 4, atMs: 30_000 },
            ],
          },
        ],
      },
    ]);
  });

  it('that arrive late are in their place of the trend, as long as it has room for their time', () => {
    const latest = new LatestReadings();
    for (let at = 100; at < 148; at++) latest.record(HALL, measured('a', at, at));
    latest.record(HALL, measured('a', -1, 50));
    latest.record(HALL, measured('a', 120.5, 120.5));
    const values = latest.devices[0]?.tags[0]?.trend.map(({ value }) => value);
    expect(values).toHaveLength(48);
    expect(values?.slice(0, 2)).toEqual([101, 102]);
    expect(values?.slice(18, 22)).toEqual([119, 120, 120.5, 121]);
  });

  it('have a trend of numbers alone', () => {
    const latest = new LatestReadings();
    latest.record(HALL, measured('a', 1, 1));
    latest.record(HALL, measured('a', null, 2, { status: 'Bad Data', reason: 'Broken.' }));
    latest.record(HALL, measured('a', 'ON', 3));
    expect(latest.devices[0]?.tags).toMatchObject([{ value: 'ON', trend: [{ value: 1 }] }]);
  });

  it('are those of the 200 devices that sent last, each with at most 24 tags, 48 values and cut texts', () => {
    const latest = new LatestReadings();
    for (let at = 0; at < 250; at++) latest.record(HALL, measured(`device-${at}`, at, at));
    for (let at = 0; at < 100; at++) latest.record(HALL, measured(`device-249#field-${at % 30}`, 'x'.repeat(1000), at));
    for (let at = 0; at < 100; at++) latest.record(HALL, measured('device-100', at, at));
    const { devices } = latest;
    expect(devices).toHaveLength(200);
    expect(devices.slice(0, 2).map(({ device }) => device)).toEqual(['device-100', 'device-249']);
    expect(devices.at(-1)?.device).toBe('device-50');
    expect(devices[1]?.tags).toHaveLength(24);
    expect(devices[1]?.tags[0]?.value).toBe(`${'x'.repeat(200)}…`);
    expect(devices[0]?.tags[0]?.trend.map(({ value }) => value)).toEqual(
      Array.from({ length: 48 }, (_, at) => 53 + at),
    );
  });
});

describe('a seneye device', () => {
  it('has its posts, the newest first, each with all of its values', () => {
    const latest = new LatestReadings();
    const attributes = { sud: 'A1', device: 'Reef tank', inWater: true };
    for (const atS of [100, 300, 200]) {
      latest.record(REEF, measured('A1#temperature', 25, atS, { attributes, unit: '°C' }));
      latest.record(REEF, measured('A1#ph', 8, atS, { attributes, unit: 'pH' }));
    }
    const [device] = latest.devices;
    expect(device).toMatchObject({ name: 'Reef tank', device: 'A1' });
    expect(device?.posts.map(({ time }) => time)).toEqual([
      '1970-01-01T00:05:00Z',
      '1970-01-01T00:03:20Z',
      '1970-01-01T00:01:40Z',
    ]);
    expect(device?.posts[0]).toMatchObject({ attributes, readings: [{ field: 'temperature' }, { field: 'ph' }] });
  });

  it('keeps the newest 24 posts', () => {
    const latest = new LatestReadings();
    for (let at = 0; at < 30; at++) latest.record(REEF, measured('A1#ph', 8, at));
    latest.record(REEF, measured('A1#ph', 8, 1));
    expect(latest.devices[0]?.posts.map(({ time }) => time).at(-1)).toBe('1970-01-01T00:00:06Z');
    expect(latest.devices[0]?.posts).toHaveLength(24);
  });
});
