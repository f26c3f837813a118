/** How values are shown: times, numbers, states. */
import { html, type Content, type Markup } from './markup.ts';

/** A point in time, whole and with its zone. The script of the page adds how long ago that is. */
export function time(instant: string | null | undefined): Markup {
  if (instant === null || instant === undefined) return html`<span class="none">never</span>`;
  const shown = `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
  return html`<time datetime="${instant}">${shown}</time><span class="age" data-at="${instant}"></span>`;
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** A count, with thin spaces between thousands. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US').replaceAll(',', '\u202f');

/** A duration in milliseconds, with three significant digits. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 120_000) return `${digits(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${digits(ms / 3_600_000)} h`;
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let amount = value / 1024;
  let at = 0;
  for (; amount >= 1024 && at < units.length - 1; at++) amount /= 1024;
  return `${digits(amount)} ${units[at] ?? ''}`;
}

const digits = (value: number): string => (value === 0 ? '0' : String(Number(value.toPrecision(3))));

/** How good a state is. It decides color and mark, which never replace the word. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle';

const MARKS: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✕', idle: '·' };

/** The word of a state, with a mark that needs no color. */
export const state = (tone: Tone, word: string): Markup =>
  html`<span class="state ${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${word}</span>`;

/** A name from a server, a device or the configuration. It does not affect the direction of the text around it. */
export const name = (text: string): Markup => html`<bdi>${text === '' ? '(no name)' : text}</bdi>`;

export interface Column {
  readonly title: string;
  /** Aligns numbers. */
  readonly isNumber?: boolean;
}

/**
 * A table that scrolls within itself on a narrow screen, and can be scrolled with the keyboard.
 * @param ids ids of the rows, so that a row stays the same one when others come before it
 */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
  ids?: readonly string[],
): Markup {
  const cell = (content: Content, at: number): Markup => {
    const isNumber = columns[at]?.isNumber === true;
    if (at === 0) return html`<th scope="row">${content}</th>`;
    return isNumber ? html`<td class="n">${content}</td>` : html`<td>${content}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, isNumber }) => html`<th scope="col" ${isNumber === true ? html` class="n"` : ''}>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, at) =>
            html`<tr ${ids === undefined ? '' : html`id="${ids[at]}"`}>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
