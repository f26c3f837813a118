/** Cursors: a position comes back as it went, and only to the question that it belongs to. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONGEST_CURSOR } from '../../../src/contract/functions/common.ts';
import { decodeCursor, encodeCursor } from '../../../src/driver/cursor.ts';

const question = ['discrete', ['a'], '*'];
const anything = z.unknown();

describe('a cursor', () => {
  it('gives back every position, short or long', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, repeats) => {
        const position = { value, padding: 'x'.repeat(repeats * 600) };
        const cursor = encodeCursor(question, position);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, question, anything)).toEqual(JSON.parse(JSON.stringify(position)));
      }),
    );
  });

  it('of five thousand items, each at a time of its own, still fits into a request', () => {
    const places = Object.fromEntries(
      Array.from({ length: 5000 }, (_unused, n) => [
        n,
        {
          time: `2026-03-14T12:0${n % 10}:${10 + (n % 50)}.${String(n * 199_933_871)
            .padStart(9, '7')
            .slice(-9)}Z`,
          repeats: 1,
        },
      ]),
    );
    const cursor = encodeCursor(question, { start: '', end: '', places });
    expect(cursor.length).toBeLessThanOrEqual(LONGEST_CURSOR);
    expect(decodeCursor(cursor, question, z.object({ places: anything }))).toEqual({ places });
  });

  it('that would be too long is refused', () => {
    const position = Array.from({ length: 40_000 }, (_unused, n) => Math.sin(n));
    expect(() => encodeCursor(question, position)).toThrow(expect.objectContaining({ code: 'tooLarge' }) as Error);
  });
});

describe('is refused', () => {
  const refused = (cursor: string, schema: z.ZodType = anything) => {
    try {
      decodeCursor(cursor, question, schema);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const good = encodeCursor(question, 7);
  const forged = (text: string) => Buffer.from(text).toString('base64url');
  const packed = (bytes: Buffer) => Buffer.concat([Buffer.of(0), bytes]).toString('base64url');

  it.each([
    ['garbage', 'no cursor'],
    ['another alphabet', '!!!!'],
    ['JSON of another form', forged('{"v":2,"q":"","p":1}')],
    ['more than a cursor holds', forged('{"v":1,"q":"","p":1,"x":1}')],
    ['null', forged('null')],
    ['a cut one', good.slice(0, -6)],
    ['packed garbage', packed(Buffer.from('garbage'))],
    ['nothing packed', packed(Buffer.alloc(0))],
    ['many unknown keys', packed(deflateRawSync(Buffer.from(`{${'"a":1,'.repeat(100_000)}"b":1}`)))],
    ['a position that is nothing but brackets', packed(deflateRawSync(Buffer.from('['.repeat(500_000))))],
    ['a position longer than a request', packed(deflateRawSync(Buffer.alloc(1024 * 1024 + 1, '1')))],
    ['a position that fills memory', packed(deflateRawSync(Buffer.alloc(64 * 1024 * 1024)))],
  ])('%s', (_what, cursor) => {
    expect(refused(cursor)).toMatchObject({ code: 'badRequest', details: { field: 'cursor' } });
    expect(String(refused(cursor))).toContain('it is no cursor of this driver');
  });

  it('one of half a million wrong elements, after the first few', () => {
    let reported = 0;
    const element = z.string({ error: () => `problem ${++reported}` });
    const cursor = encodeCursor(question, new Array<number>(500_000).fill(1));
    expect(cursor.length).toBeLessThan(4096);
    expect(String(refused(cursor, z.array(element)))).toContain('its position is not readable');
    expect(reported).toBeGreaterThan(0);
    expect(reported).toBeLessThan(100);
  });

  it('one of another question, or with another position', () => {
    expect(String(refused(encodeCursor(['discrete', ['b'], '*'], 7)))).toContain('other parameters');
    expect(String(refused(good, z.string()))).toContain('its position is not readable');
  });

  it('whatever text comes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(refused(text)).toMatchObject({ code: 'badRequest' });
      }),
    );
  });
});
