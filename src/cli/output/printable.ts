/** Makes texts of servers safe and measurable for a terminal, which acts on control characters and escape sequences. */
import stringWidth from 'string-width';

/** Controls, invisible formatting such as changes of direction, line separators, lone surrogates, noncharacters. */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff]/gu;
/** More marks on one letter than any language uses; they would run over the lines above. */
const MANY_MARKS = /(\p{M}{4})\p{M}+/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Nothing to replace, and one cell for each character. Most texts are like this, and the other ways are slow. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * The text in one line, with visible escapes in place of characters that a terminal does not print, so that different
 * texts stay different.
 */
export const printable = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .replace(
          UNPRINTABLE,
          (character) => SHORT[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`,
        )
        .replace(MANY_MARKS, '$1');

/** JSON in one line. It has the same meaning as that of `JSON.stringify`, and no character that a terminal acts on. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(UNPRINTABLE_IN_JSON, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** `JSON.stringify` escapes the controls below U+0020 itself. Those that it adds are line breaks. By code unit. */
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Number of terminal cells that a text takes. Wide characters take two. */
export const cells = (text: string): number => (PLAIN.test(text) ? text.length : stringWidth(text));

/** The graphemes of a text, which must not be split. */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Longest text that is measured for a width; a longer one is cut in any case. */
const LONGEST = 2000;

/** A printable text of at most `width` cells. `ellipsis` marks a cut, at the end of the text or at its start. */
export function fitted(text: string, width: number, ellipsis = '…', cut: 'start' | 'end' = 'end'): string {
  const isLong = text.length > LONGEST;
  const shown = printable(isLong ? (cut === 'end' ? text.slice(0, LONGEST) : text.slice(-LONGEST)) : text);
  if (!isLong && cells(shown) <= width) return shown;
  const room = width - cells(ellipsis);
  if (room < 0) return '';
  const parts = Array.from(graphemes.segment(shown), ({ segment }) => segment);
  if (cut === 'start') parts.reverse();
  const kept: string[] = [];
  let used = 0;
  for (const part of parts) {
    const size = cells(part);
    if (used + size > room) break;
    kept.push(part);
    used += size;
  }
  return cut === 'start' ? ellipsis + kept.reverse().join('') : kept.join('') + ellipsis;
}

/** The text, padded with blanks to `width` cells. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - cells(text)));
