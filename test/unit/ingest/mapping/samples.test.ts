/** Payloads as they are found in the field: no two senders agree on anything. */
import { describe, expect, it } from 'vitest';
import { formatInstant } from '../../../../src/contract/time/instant.ts';
import { at, codes, mappingOf, only, read, values } from '../../../support/mapping.ts';

describe('parking at an airport: a list with numbers as texts', () => {
  const mapping = mappingOf({
    filter: 'lax/+/parking',
    records: '$',
    key: '$.lotid',
    name: 'Parking {key} {field}',
    values: [
      { field: 'free', path: '$.freespaces', type: 'number' },
      { field: 'spaces', path: '$.totalspaces', type: 'number' },
      { field: 'state', path: '$.state', optional: true },
    ],
    time: { path: '$.timestamp', format: 'iso', timeZone: 'America/Los_Angeles' },
  });
  const payload = JSON.stringify([
    { lotid: 'P1', freespaces: '312', totalspaces: '1200', state: 'Open', timestamp: '2026-03-01T03:59:00.5' },
    { lotid: 'P2', freespaces: 'Not Available', totalspaces: '800', timestamp: '2026-03-01 03:58:00' },
    { lotid: 'P3', freespaces: 0, totalspaces: '1,000', state: null, timestamp: 'Not Available' },
    { lotid: 'P4', totalspaces: '90', timestamp: '2026-03-01T11:58:00Z' },
    { freespaces: '5', totalspaces: '10' },
  ]);

  it('gives a reading for each value, and loses none of them unseen', () => {
    const found = read(mapping, payload, { topic: 'lax/hub/parking' });
    expect(
      found.measurements.map(({ tag, value, status, time }) => [tag.name, value, status, formatInstant(time)]),
    ).toEqual([
      ['Parking P1 free', 312, 'Good', '2026-03-01T11:59:00.500Z'],
      ['Parking P1 spaces', 1200, 'Good', '2026-03-01T11:59:00.500Z'],
      ['Parking P1 state', 'Open', 'Good', '2026-03-01T11:59:00.500Z'],
      ['Parking P2 free', null, 'Bad Data', '2026-03-01T11:58:00Z'],
      ['Parking P2 spaces', 800, 'Good', '2026-03-01T11:58:00Z'],
      ['Parking P3 free', 0, 'Questionable', '2026-03-01T12:00:00Z'],
      ['Parking P3 spaces', null, 'Bad Data', '2026-03-01T12:00:00Z'],
      ['Parking P3 state', null, 'Bad Data', '2026-03-01T12:00:00Z'],
      ['Parking P4 spaces', 90, 'Good', '2026-03-01T11:58:00Z'],
    ]);
    expect(found.rejects.map(({ code, about }) => [code, about?.record])).toEqual([
      ['badName', '4'],
      ['missingValue', '3'],
    ]);
  });
});

describe('a board with many sensors: one object', () => {
  const mapping = mappingOf({
    filter: '+/+/enviro',
    pattern: '{owner}/{hub}/enviro',
    values: [
      { field: 'temperature', path: '$.temperature', unit: '°C' },
      { field: 'pressure', path: '$.pressure', unit: 'hPa', scale: 0.01 },
      { field: 'lux', path: '$.lux', unit: 'lx' },
      { field: 'rgb {location}', path: '$.rgb[*]' },
      { field: 'accel {location}', path: '$.accel.*', optional: true },
    ],
    time: { path: '$.timestamp' },
  });

  it('gives a reading for each sensor', () => {
    const payload =
      '{"timestamp":1772366390.123456,"device_name":"enviro","city":"Los Angeles","lng":-118.28,"lat":34.02,' +
      '"lux":87,"rgb":[101,98,77],"accel":{"x":0.0137939453125,"y":-0.98},"heading":271.4,"temperature":24.61,"pressure":101325.47}';
    const found = read(mapping, payload, { topic: 'usc/lab/enviro' });
    expect(values(found)).toEqual([
      ['usc/lab/enviro#temperature', 24.61],
      ['usc/lab/enviro#pressure', 1013.2547],
      ['usc/lab/enviro#lux', 87],
      ['usc/lab/enviro#rgb 0', 101],
      ['usc/lab/enviro#rgb 1', 98],
      ['usc/lab/enviro#rgb 2', 77],
      ['usc/lab/enviro#accel x', 0.0137939453125],
      ['usc/lab/enviro#accel y', -0.98],
    ]);
    expect(found.rejects).toEqual([]);
    expect(found.measurements[0]).toMatchObject({
      time: at('2026-03-01T11:59:50.123456Z'),
      unit: '°C',
      attributes: { owner: 'usc', hub: 'lab' },
    });
  });

  it('keeps what a broken sensor does not take away', () => {
    const payload = '{"timestamp":1772366390,"temperature":NaN,"pressure":"err","lux":87,"rgb":101}';
    const found = read(mapping, payload, { topic: 'usc/lab/enviro' });
    expect(found.measurements.map(({ tag, value, status }) => [tag.id, value, status])).toEqual([
      ['usc/lab/enviro#temperature', null, 'Bad Data'],
      ['usc/lab/enviro#pressure', null, 'Bad Data'],
      ['usc/lab/enviro#lux', 87, 'Good'],
    ]);
    expect(codes(found)).toEqual(['missingValue']);
  });
});

describe('plain texts', () => {
  it('are values as they are', () => {
    const mapping = mappingOf({ filter: 'user/hub/product', payload: 'text' });
    expect(only(read(mapping, 'I3 Marketplace', { topic: 'user/hub/product' })).value).toBe('I3 Marketplace');
  });

  it('may be a picture in base64', () => {
    const mapping = mappingOf({ filter: 'camera/+', payload: 'text' });
    const picture = Buffer.alloc(50_000, 7).toString('base64');
    expect(only(read(mapping, picture, { topic: 'camera/1' })).value).toBe(picture);
  });

  it('may be what JSON has in its object, where only the value is published', () => {
    const mapping = mappingOf({ filter: 'home/+/state', values: [{ path: '$', type: 'boolean' }] });
    expect(only(read(mapping, '1', { topic: 'home/lamp/state' })).value).toBe(true);
    expect(only(read(mapping, '"OFF"', { topic: 'home/lamp/state' })).value).toBe(false);
    expect(codes(read(mapping, 'OFF', { topic: 'home/lamp/state' }))).toEqual(['notJson']);
  });
});
