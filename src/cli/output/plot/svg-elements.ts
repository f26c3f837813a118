/** Elements of an SVG image, with everything escaped. */
import { printable } from '../printable.ts';
import type { Theme } from './options.ts';

/** The font of the PNG image, and fonts with the same widths. */
export const FONT = 'DejaVu Sans, Verdana, Geneva, sans-serif';

export interface Colors {
  background: string;
  text: string;
  faint: string;
  grid: string;
  bad: string;
  /** Colours of series, distinct for the colour-blind (Okabe and Ito). */
  series: readonly string[];
}

export const themes: Record<Theme, Colors> = {
  light: {
    background: '#ffffff',
    text: '#1a1a1a',
    faint: '#595959',
    grid: '#e4e4e4',
    bad: '#c00000',
    series: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b07c00', '#2f94cc'],
  },
  dark: {
    background: '#16191d',
    text: '#f0f0f0',
    faint: '#a8adb3',
    grid: '#30353b',
    bad: '#ff6b6b',
    series: ['#56b4e9', '#e69f00', '#2fcf9f', '#e39fc6', '#f0e442', '#ff8a50'],
  },
};

export const colorOf = ({ series }: Colors, number: number): string => series[number % series.length] ?? '#808080';

/** Dashes of the series for which there is no colour of their own. */
const DASHES = ['none', '6 3', '2 3', '8 3 2 3'] as const;

export const dashOf = ({ series }: Colors, number: number): string =>
  DASHES[Math.floor(number / series.length) % DASHES.length] ?? 'none';

/** @param isText true if `content` is a text from anywhere, false if it is made of elements */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content = '',
  isText = false,
): string {
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  const body = isText ? escaped(content) : content;
  return body === '' ? `<${name}${head.join('')}/>` : `<${name}${head.join('')}>${body}</${name}>`;
}

/** Attributes hold no text from outside, and may be as long as a path. */
const attribute = (value: string | number): string =>
  typeof value === 'number' ? String(Number(value.toFixed(1))) : value.replace(SPECIAL, entity);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const SPECIAL = /[&<>"']/g;
const entity = (character: string): string => ENTITIES[character] ?? '';

const escaped = (text: string): string => printable(text).replace(SPECIAL, entity);

/** Average width of a character of the font size 11, on the safe side. */
const CHARACTER = 7;
const WIDE_CHARACTER = 12;

/** About the width of a text in pixels. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) < 0x1100 ? CHARACTER : WIDE_CHARACTER;
  return width;
}

/** A text of at most about `width` pixels. */
export function shortened(text: string, width: number): string {
  // Far more than any image shows.
  const shown = printable(text.slice(0, 2000));
  if (textWidth(shown) <= width) return shown;
  let kept = '';
  let used = CHARACTER;
  for (const character of shown) {
    used += textWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}
