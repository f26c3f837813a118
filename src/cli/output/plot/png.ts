/** A plot as a PNG image: the SVG, rendered by resvg with a font that is installed with it, so it needs no font here. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ImagePlotOptions, PlotChunk } from './options.ts';
import { plotSvg } from './svg.ts';

/** The packages of an image are optional: a driver in a small container has no use for them. */
export class NoImageRenderer extends Error {
  constructor(cause: unknown) {
    super(
      'PNG images need the optional packages @resvg/resvg-wasm and dejavu-fonts-ttf, which are not installed. ' +
        'Install the driver with its optional dependencies (npm ci without --omit=optional), or write the plot as SVG.',
      { cause },
    );
  }
}

/**
 * @returns the bytes of the image; it is higher than the options say if its panels need that
 * @throws NoImageRenderer
 */
export async function plotPng(chunks: readonly PlotChunk[], options: ImagePlotOptions): Promise<Buffer> {
  const { render } = await (renderer ??= loadRenderer());
  return render(plotSvg(chunks, options));
}

interface Renderer {
  render: (svg: string) => Buffer;
}

let renderer: Promise<Renderer> | undefined;

async function loadRenderer(): Promise<Renderer> {
  const { resolve } = createRequire(import.meta.url);
  try {
    const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
    const [wasm, font] = await Promise.all([
      readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')),
      readFile(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
    ]);
    await initWasm(wasm);
    return {
      render: (svg) => {
        const image = new Resvg(svg, {
          font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans' },
        });
        try {
          return Buffer.from(image.render().asPng());
        } finally {
          image.free();
        }
      },
    };
  } catch (error) {
    renderer = undefined;
    throw new NoImageRenderer(error);
  }
}
