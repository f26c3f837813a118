/** Whatever the series: a plot has the size that was asked for, is printable, and draws nothing where nothing is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cells } from '../../../../../src/cli/output/printable.ts';
import { plotSvg, plotTerminal, type PlotChunk, sparkline } from '../../../../../src/cli/output/plot/index.ts';
import { timeOf } from './series.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1e308, -1e308, 5e-324, Number.MAX_SAFE_INTEGER),
  fc.integer(),
  fc.constant(null),
);
const anyValue = fc.oneof({ weight: 5, arbitrary: value }, text, fc.boolean());
const status = fc.constantFrom('Questionable' as const, 'Bad Data' as const);

const chunk: fc.Arbitrary<PlotChunk> = fc
  .record({
    minutes: fc.array(fc.double({ min: -100, max: 5000, noNaN: true }), { maxLength: 40 }),
    numbers: fc.boolean(),
    values: fc.array(anyValue, { minLength: 40, maxLength: 40 }),
    pure: fc.array(value, { minLength: 40, maxLength: 40 }),
    flags: fc.array(fc.tuple(fc.nat(50), fc.nat(50), status), { maxLength: 3 }),
    gapped: fc.array(fc.nat(39), { maxLength: 5 }),
    step: fc.boolean(),
    holds: fc.option(fc.integer({ min: 0, max: 6000 }), { nil: undefined }),
    name: text,
    unit: fc.option(text, { nil: undefined }),
    index: fc.nat(3),
  })
  .map(({ minutes, numbers, values, pure, flags, gapped, step, holds, name, unit, index }) => {
    const times = minutes.toSorted((a, b) => a - b).map(timeOf);
    const gaps = gapped.flatMap((at): [string, string][] => {
      const [from, to] = [times[at], times[at + 1]];
      return from === undefined || to === undefined ? [] : [[from, to]];
    });
    return {
      ...{ index, fqn: name, name, times, flags, gaps, step },
      values: (numbers ? pure : values).slice(0, times.length),
      ...(unit === undefined ? {} : { unit }),
      ...(holds === undefined ? {} : { holdsUntil: timeOf(holds) }),
    };
  });

const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia');

it('a terminal plot keeps to its width and has no control character', () => {
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 4 }),
      fc.integer({ min: 30, max: 120 }),
      fc.boolean(),
      zone,
      (chunks, width, unicode, timeZone) => {
        const lines = plotTerminal(chunks, { width, height: 20, color: false, unicode, timeZone }).split('\n');
        for (const line of lines) {
          expect(line).not.toMatch(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          expect(cells(line)).toBeLessThanOrEqual(width);
        }
      },
    ),
  );
});

it('an SVG is well-formed, and has no number that is none', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 4 }), zone, (chunks, timeZone) => {
      const svg = plotSvg(chunks, { width: 500, height: 300, timeZone, title: chunks[0]?.name });
      const open: string[] = [];
      for (const [, end, name = '', own] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[a-zA-Z:-]+="[^"<>]*")*(\/?)>/g)) {
        if (end === '/') expect(open.pop()).toBe(name);
        else if (own !== '/') open.push(name);
      }
      expect(open).toEqual([]);
      expect(svg.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
      for (const [, path = ''] of svg.matchAll(/ d="([^"]*)"/g)) expect(path).toMatch(/^[MLHhvamzl\d. -]*$/);
    }),
  );
});

it('a sparkline has a cell for each value, at most the width', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (values, width) => {
      const isUsable = values.some((one) => typeof one === 'number' && Number.isFinite(one));
      expect(sparkline(values, { width })).toHaveLength(isUsable ? Math.min(width, values.length) : 0);
    }),
  );
});
