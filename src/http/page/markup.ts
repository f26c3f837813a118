/**
 * HTML from templates. Every inserted text is escaped, since names and messages come from servers and devices. Only
 * `html` itself makes markup, so a text cannot become markup by mistake.
 */

/** Finished HTML. */
export class Markup {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** For `html` alone: the text must be HTML from a template of this program. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template may insert. Nothing is shown for `false`, `undefined` and `null`. */
export type Content = Markup | string | number | false | undefined | null | readonly Content[];

/** Tag for templates: ``html`<b>${name}</b>` ``. Attributes must be quoted with `"`. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  const pieces = piecesOf(strings);
  let text = pieces[0] ?? '';
  for (const [at, content] of contents.entries()) text += textOf(content) + (pieces[at + 1] ?? '');
  return Markup.trusted(text);
}

const cached = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The pieces of a template, without the indentation of the source. */
function piecesOf(strings: TemplateStringsArray): readonly string[] {
  const known = cached.get(strings);
  if (known !== undefined) return known;
  const pieces = strings.map((text) => {
    const lines = text.split('\n');
    const last = lines.length - 1;
    return lines
      .map((line, at) =>
        at === 0 ? (last === 0 ? line : line.trimEnd()) : at === last ? line.trimStart() : line.trim(),
      )
      .filter((line, at) => line !== '' || at === 0 || at === last)
      .join('\n');
  });
  cached.set(strings, pieces);
  return pieces;
}

/** Most characters of one inserted text. */
const LONGEST_TEXT = 4096;

function textOf(content: Content): string {
  if (content instanceof Markup) return content.toString();
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  if (content === false || content === undefined || content === null) return '';
  return content.map(textOf).join('');
}

/** Characters with a meaning in HTML. */
const SPECIAL: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Control characters but the breaks of lines, and those that change the direction of the text around them. */
const CONTROLS = /(?![\t\n\r])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** A text of any length, for an attribute that a script or the browser reads, such as a URL. */
export const whole = (text: string): Markup => Markup.trusted(escaped(text));

/** A text as HTML. Invisible control characters are shown by their code. */
export const escapeText = (text: string): string =>
  escaped(text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)`);

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"'`]/g, (character) => SPECIAL[character] ?? '')
    .replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
