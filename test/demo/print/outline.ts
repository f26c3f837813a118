/** Trees as indented lines with branches. */
import { dim } from './style.ts';

export interface Branch {
  readonly text: string;
  readonly children?: readonly Branch[];
}

/** Lines of a tree; the root stands at the left. */
export function outline({ text, children = [] }: Branch): string[] {
  return [text, ...children.flatMap((child, at) => below(child, at === children.length - 1))];
}

function below(branch: Branch, last: boolean): string[] {
  const [first = '', ...rest] = outline(branch);
  return [dim(last ? '└─ ' : '├─ ') + first, ...rest.map((line) => (last ? '   ' : dim('│  ')) + line)];
}
