/** Runs each expression on long texts made of what it looks for, followed by what it does not. */
import { parentPort, workerData } from 'node:worker_threads';

/** As the test sends it. */
interface Expression {
  place: string;
  source: string;
  flags: string;
}

/** A quadratic expression takes minutes for all texts of this length, a linear one milliseconds. */
const LENGTH = 65_536;
const COMMON = [
  'a',
  'A',
  '0',
  '1',
  ' ',
  '\n',
  '.',
  '/',
  '-',
  '_',
  '"',
  '\\',
  '[',
  '=',
  '+',
  ':',
  '#',
  '?',
  '&',
  '\u00e4',
];
const ENDS = ['', '\u0000', '!', '\n'];

/** Words and characters that stand in the expression itself. */
function partsOf(source: string): string[] {
  const plain = source.replaceAll(/\\[a-zA-Z]/g, ' ').replaceAll(/[^\p{L}\p{N} _"'<>=:;,#@%&/.+-]+/gu, ' ');
  const words = plain.split(' ').filter((word) => word !== '');
  return [...new Set([...words, ...Array.from(words.join(''))])].slice(0, 24);
}

function* textsFor({ source }: Expression): Generator<string> {
  const parts = partsOf(source);
  for (const part of new Set([...COMMON, ...parts])) {
    for (const end of ENDS) yield part.repeat(LENGTH / part.length) + end;
  }
  for (const first of parts) {
    for (const part of ['a', '0', ' ', '.']) yield first + part.repeat(LENGTH) + '\u0000';
    for (const second of ['a', ' ', '.', '-']) yield (first + second).repeat(LENGTH / (first.length + 1)) + '\u0000';
  }
}

for (const expression of workerData as Expression[]) {
  // The expressions are the product's own, and this is what the worker is for.
  const regex = new RegExp(expression.source, expression.flags);
  for (const text of textsFor(expression)) {
    regex.lastIndex = 0;
    if (regex.global)
      for (let rest = regex.exec(text); rest !== null; rest = regex.exec(text))
        regex.lastIndex += rest[0] === '' ? 1 : 0;
    else regex.exec(text);
  }
  parentPort?.postMessage(expression.place);
}
