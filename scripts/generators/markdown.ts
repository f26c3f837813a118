/** Pieces of Markdown that several pages are made of. */

/** Blocks with an empty line between them. */
export const page = (blocks: readonly string[]): string => `${blocks.join('\n\n').trimEnd()}\n`;

/** A table; vertical bars in its cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

const LONGEST_LINE = 110;

/** JSON for people: what fits on one line is on one line. */
export function jsonBlock(value: unknown): string {
  return `\`\`\`json\n${printed(value, '', 0)}\n\`\`\``;
}

/** @param before length of the text before the value on its line */
function printed(value: unknown, indent: string, before: number): string {
  const short = oneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + before + short.length <= LONGEST_LINE)
    return short;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((element) => `${deeper}${printed(element, deeper, 1)}`).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, member]) => {
    const name = `${JSON.stringify(key)}: `;
    return `${deeper}${name}${printed(member, deeper, name.length + 1)}`;
  });
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
