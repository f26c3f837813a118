/** `iota-seeqdrv plot`: draws tags over a range, in the terminal or into a file. */
import { writeFile } from 'node:fs/promises';
import { isFailure } from '../../client/client.ts';
import type { ItemFor } from '../../client/functions.ts';
import type { CallerOptions } from '../caller-options.ts';
import { withDriver } from '../connect.ts';
import { plotPng, plotSvg, plotTerminal, type PlotChunk } from '../output/plot/index.ts';
import { printable } from '../output/printable.ts';
import { hasColor, hasUnicode } from '../output/style.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { findItems, type NamedItem, type NameOptions, namesOf } from './tags.ts';
import { rangeOf, type RangeOptions, timesOf } from './times.ts';

/** The options of the command line. */
export interface PlotCommandOptions extends CallerOptions, NameOptions, RangeOptions {
  width?: number;
  height?: number;
  svg?: string;
  png?: string;
  theme?: 'light' | 'dark';
  title?: string;
}

/** More curves than colours and symbols cannot be distinguished. */
const MOST_TAGS = 24;
/** Size in characters if there is no screen, and in pixels. */
const CELLS = { width: 100, height: 24 };
const PIXELS = { width: 1200, height: 500 };
/** Rows of a screen that stay free for the command line. */
const FREE_ROWS = 2;
const LARGEST = { cells: 1000, pixels: 10_000 };

/** The driver reduces a series to what the width can show, so memory is bounded. */
export function plot(texts: readonly string[], options: PlotCommandOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'plot', terminal, async (driver) => {
    const size = sizeOf(options, terminal);
    const times = timesOf(options, driver.caller.timeZone);
    const range = rangeOf(options, times);
    const names = await namesOf(texts, terminal);
    if (names.length > MOST_TAGS)
      throw new UsageError(`A plot shows at most ${MOST_TAGS} tags; these are ${names.length}.`);
    const items = await findItems(driver, names, 'tag', options, terminal);
    if (items === undefined) return exitCodes.name;
    const answer = await driver.client.plotted(
      { items: items.map(({ fqn }) => fqn), ...range, timeZone: times.timeZone, count: size.width },
      { signal: driver.signal },
    );
    const failed = answer.items.filter(isFailure);
    for (const { index, error } of failed) {
      terminal.err(printable(`${items[index]?.label ?? ''}: ${error.code}: ${error.message}`));
    }
    if (answer.error !== undefined && failed.length === 0) {
      terminal.err(printable(`${answer.error.code}: ${answer.error.message}`));
    }
    if (answer.status === 'error') return exitCodes.failure;
    const chunks = answer.items.flatMap((item) => (isFailure(item) ? [] : [named(item, items)]));
    await draw(chunks, { ...size, from: range.start, to: range.end, timeZone: times.timeZone }, options, terminal);
    return failed.length > 0 ? exitCodes.partial : exitCodes.ok;
  });
}

type Chunk = Exclude<ItemFor<'plotted'>, { error: unknown }>;

function named(chunk: Chunk, items: readonly NamedItem[]): PlotChunk {
  return { ...chunk, name: items[chunk.index]?.label };
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

async function draw(
  chunks: readonly PlotChunk[],
  frame: Frame,
  { svg, png, theme, title }: PlotCommandOptions,
  terminal: Terminal,
): Promise<void> {
  if (svg === undefined && png === undefined) {
    terminal.out(plotTerminal(chunks, { ...frame, color: hasColor(terminal), unicode: hasUnicode(terminal.env) }));
    return;
  }
  const image = { ...frame, theme, title };
  for (const [path, render] of [
    [svg, plotSvg],
    [png, plotPng],
  ] as const) {
    if (path === undefined) continue;
    const content = await render(chunks, image);
    try {
      await writeFile(path, content);
    } catch (error) {
      throw new Error(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    terminal.err(`Wrote ${path}.`);
  }
}

/** @throws UsageError */
function sizeOf({ width, height, svg, png }: PlotCommandOptions, { screen }: Terminal) {
  const isImage = svg !== undefined || png !== undefined;
  const most = isImage ? LARGEST.pixels : LARGEST.cells;
  for (const [option, value = 1] of [
    ['--width', width],
    ['--height', height],
  ] as const) {
    if (value > most) throw new UsageError(`${option}: is at most ${most} ${isImage ? 'pixels' : 'characters'}.`);
  }
  if (isImage) return { width: width ?? PIXELS.width, height: height ?? PIXELS.height };
  const rows = screen === undefined ? CELLS.height : Math.min(screen.rows - FREE_ROWS, screen.columns);
  return { width: width ?? screen?.columns ?? CELLS.width, height: height ?? Math.max(1, rows) };
}
