/** Colours and widths of the terminal. Without colours (NO_COLOR, a pipe) the text says the same. */
import { stripVTControlCharacters, styleText } from 'node:util';

export const bold = (text: string): string => styleText('bold', text);
export const dim = (text: string): string => styleText('dim', text);
export const good = (text: string): string => styleText('green', text);
export const doubtful = (text: string): string => styleText('yellow', text);
export const bad = (text: string): string => styleText('red', text);
export const accent = (text: string): string => styleText('cyan', text);

/** Whether the terminal shows colours. */
export const hasColor = (): boolean => bold('x') !== 'x';

/** Columns to write in: those of the terminal within reason, 100 where there is none. */
export function paperWidth(): number {
  const columns = process.stdout.columns as number | undefined;
  return Math.max(60, Math.min(120, columns ?? 100));
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wide =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60])/u;

/** Columns that a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of letters.segment(stripVTControlCharacters(text))) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** The text, or as much of it as fits, with an ellipsis. For text without colours. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of letters.segment(text)) {
    used += textWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Filled up with spaces. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** Cut between words into lines of at most this width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
