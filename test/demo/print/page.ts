/** Writing on the page: headings, paragraphs, blocks, all indented alike and no wider than the terminal. */
import { accent, bold, dim, paperWidth, textWidth, wrap } from './style.ts';

const INDENT = '  ';

/** Columns that a block may take. */
export const blockWidth = (): number => paperWidth() - 2 * INDENT.length;

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function block(lines: readonly string[]): void {
  for (const line of lines) say(`${INDENT}${line}`.trimEnd());
}

export function paragraph(text: string, style: (line: string) => string = dim): void {
  block(wrap(text, blockWidth()).map(style));
}

/** A numbered heading with a rule to the end of the line. */
export function heading(number: number, title: string): void {
  const lead = `${number}  ${title} `;
  const rule = '─'.repeat(Math.max(3, blockWidth() - textWidth(lead)));
  say();
  say(`${INDENT}${accent(bold(String(number)))}  ${bold(title)} ${dim(rule)}`);
}
