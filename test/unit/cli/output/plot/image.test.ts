import { describe, expect, it } from 'vitest';
import { plotPng, plotSvg, type PlotChunk } from '../../../../../src/cli/output/plot/index.ts';
import { minutes, series, timeOf } from './series.ts';

const options = { width: 600, height: 300, timeZone: 'UTC' } as const;

/** The subpaths of all lines, each as its points. */
const lines = (svg: string): string[] =>
  Array.from(svg.matchAll(/<path d="(M[^"]*)" stroke="#0072b2" fill="none" stroke-width="1.4"/g)).flatMap(
    ([, d = '']) => d.split('M').slice(1),
  );

describe('the SVG image', () => {
  it('draws no line across a gap, and none to a bad sample', () => {
    const gaps: PlotChunk['gaps'] = [[timeOf(10), timeOf(50)]];
    expect(lines(plotSvg([series([0, 10, 50, 60], [1, 1, 2, 2], { gaps })], options))).toHaveLength(2);
    const bad = plotSvg([series([0, 10, 30, 50, 60], [1, 1, null, 2, 2], { flags: [[2, 2, 'Bad Data']] })], options);
    expect(lines(bad)).toHaveLength(2);
    expect(bad).toContain('#c00000');
  });

  it('has the size of the image, however long the series is', () => {
    const times = Array.from({ length: 30_000 }, (_, at) => at / 600);
    const values = times.map((_, at) => (at % 3 === 0 ? null : Math.sin(at)));
    expect(plotSvg([series(times, values)], options).length).toBeLessThan(150_000);
    const texts = times.map((_, at) => `text ${at}`);
    expect(plotSvg([series(times, texts)], options).length).toBeLessThan(150_000);
  });

  it('escapes the texts of servers and passes no control character on', () => {
    const evil = `<script>alert("1")</script>&'\u0000\u001b[31m\ufffe\ud800`;
    const svg = plotSvg(
      [series([0, 60], [1, 2], { name: evil, unit: evil }), series([0, 60], [evil, 'b'], { index: 1, name: evil })],
      { ...options, title: evil },
    );
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;');
    expect(svg).not.toMatch(/[\p{Cf}\p{Cs}\ufffe]|(?!\n)\p{Cc}/u);
    expect(svg).toContain('\\u{1b}[31m');
  });

  it('draws questionable samples as open circles, single samples as dots and statistics as dots', () => {
    const svg = plotSvg([series(minutes(61), minutes(61), { flags: [[5, 5, 'Questionable']] })], options);
    expect(svg).toContain('a2.5 2.5');
    expect(plotSvg([series([5], [7])], options)).toMatch(/M[\d.]+ [\d.]+h0"/);
    const points = plotSvg([series([0, 30, 60], [1, 2, 3], { method: 'average' })], options);
    expect(points.match(/h0/g)).toHaveLength(3);
    expect(lines(points)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('needs nothing from outside in the %s theme', (theme) => {
    const svg = plotSvg([series([0, 60], [1, 2])], { ...options, theme });
    expect(svg.match(/(?:href|src|url)/g)).toBeNull();
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('says that there are no samples', () => {
    expect(plotSvg([series([], [])], options)).toContain('No samples.');
    expect(plotSvg([], options)).toContain('No series.');
  });
});

describe('the PNG image', () => {
  it('is the SVG with its texts', async () => {
    const chunks = [series([0, 60], [1, 2], { name: 'Level' })];
    const png = await plotPng(chunks, options);
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([600, 300]);
    const other = await plotPng([series([0, 60], [1, 2], { name: 'Lever' })], options);
    // Without a font both would be the same image.
    expect(other.equals(png)).toBe(false);
  });
});
