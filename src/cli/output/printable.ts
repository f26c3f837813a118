/** Texts of servers, made safe and measurable for a terminal. */
import stringWidth from 'string-width';

/** Control characters, line ends, direction marks and invisible characters: they act on a terminal, or hide text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu;
/** More marks on one letter than any language uses; they would run over the lines above. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu;
/** Longest text that is measured; a longer one is cut before. */
const LONGEST = 2000;

/** The text without characters that act on a terminal: each becomes a visible mark. */
export function printable(text: string): string {
  return text.slice(0, LONGEST).replace(UNPRINTABLE, '\ufffd').replace(MANY_MARKS, '$1');
}

/** Number of terminal cells that a text takes. Wide characters take two. */
export const cells = (text: string): number => stringWidth(text);

const segmenter = new Intl.Segmenter();

/** A printable text of at most `width` cells. `ellipsis` marks a cut. */
export function fitted(text: string, width: number, ellipsis = '…'): string {
  const shown = printable(text);
  if (text.length <= LONGEST && cells(shown) <= width) return shown;
  const room = width - cells(ellipsis);
  if (room < 0) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(shown)) {
    const size = cells(segment);
    if (used + size > room) break;
    kept += segment;
    used += size;
  }
  return kept + ellipsis;
}

/** The text, padded with blanks to `width` cells. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - cells(text)));
