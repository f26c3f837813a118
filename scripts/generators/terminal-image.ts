/** The output of a command as an SVG image of a terminal. */
import { stripVTControlCharacters } from 'node:util';

const CELL = { width: 8, height: 17 } as const;
const MARGIN = 14;
const COLORS: Readonly<Record<number, string>> = {
  31: '#ff6b6b',
  32: '#2fcf9f',
  33: '#f0c040',
  34: '#7aa2f7',
  35: '#e39fc6',
  36: '#56c8e8',
  37: '#f0f0f0',
};
const BACKGROUND = '#16191d';
const TEXT = '#d8dce2';

/** The codes of a run of characters. */
interface Look {
  color: string;
  bold: boolean;
  dim: boolean;
  inverse: boolean;
}

const PLAIN: Look = { color: TEXT, bold: false, dim: false, inverse: false };

/** @param title name of the image for those who do not see it */
export function terminalImage(title: string, output: string): string {
  const lines = output.split('\n');
  const width = MARGIN * 2 + CELL.width * Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const height = MARGIN * 2 + CELL.height * lines.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    ...lines.map((line, row) => lineElements(line, MARGIN + CELL.height * row)),
    '</svg>\n',
  ].join('\n');
}

function lineElements(line: string, top: number): string {
  let look = PLAIN;
  let column = 0;
  const parts: string[] = [];
  // Every second part is the number of a code.
  // eslint-disable-next-line no-control-regex
  for (const [at, part] of line.split(/\u001b\[(\d+)m/).entries()) {
    if (at % 2 === 1) look = changed(look, Number(part));
    else {
      parts.push(run(part, column, top, look));
      column += part.length;
    }
  }
  return parts.join('');
}

function changed(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 7) return { ...look, inverse: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 27) return { ...look, inverse: false };
  return { ...look, color: COLORS[code] ?? TEXT };
}

/** The length is given, so that columns stay in line with any font. */
function run(text: string, column: number, top: number, { color, bold, dim, inverse }: Look): string {
  if (text.trim() === '' && !inverse) return '';
  const [x, width] = [MARGIN + column * CELL.width, text.length * CELL.width];
  const box = inverse ? `<rect x="${x}" y="${top}" width="${width}" height="${CELL.height}" fill="${color}"/>` : '';
  const style = [
    `fill="${inverse ? BACKGROUND : color}"`,
    ...(bold ? ['font-weight="bold"'] : []),
    ...(dim ? ['opacity="0.6"'] : []),
  ].join(' ');
  return `${box}<text x="${x}" y="${top + 13}" xml:space="preserve" textLength="${width}" ${style}>${escaped(text)}</text>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
