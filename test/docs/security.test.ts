/** The tests that `docs/security.md` names for each threat exist under that title. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const page = await readFile('docs/security.md', 'utf8');

/** Rows of the tables of threats: threat, defence, tests. */
const threats = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '))
  .filter(([first, , third = '']) => first !== 'threat' && first !== '---' && third.startsWith('['));

const REFERENCE = /\[[\w-]+\]\(\.\.\/(test\/[\w./-]+\.test\.ts)\)((?:,? `[^`]+`)+)/g;

/** Each `[name](../file)` followed by titles in backticks. */
const named = threats.flatMap(([, , tests = '']) =>
  Array.from(tests.matchAll(REFERENCE), ([, file = '', titles = '']) => ({
    file,
    titles: Array.from(titles.matchAll(/`([^`]+)`/g), ([, title = '']) => title),
  })),
);

/** Titles of tests in a file. */
async function titlesOf(file: string): Promise<Set<string>> {
  const titles = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title) && /^(?:it|test)\b/.test(node.expression.getText())) {
        titles.add(title.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  const text = await readFile(file, 'utf8');
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return titles;
}

describe('the page of security', () => {
  it('names a test for every threat', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('](../test/'));
    expect(threats).toHaveLength(rows.length);
    const sections = page.split(/^## /m).filter((section) => section.includes('| threat |'));
    expect(sections).toHaveLength(8);
    for (const section of sections) {
      const lines = section.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:threat|---)/.test(line));
      for (const line of lines) expect(line).toContain('](../test/');
    }
    // Nothing of a cell is left out by a slip in its form.
    for (const [threat = '', , tests = ''] of threats) {
      expect(tests.replaceAll(REFERENCE, '').replaceAll('; ', '').trim(), threat).toBe('');
    }
  });

  it.each([...Map.groupBy(named, ({ file }) => file)])('names tests of %s that exist', async (file, parts) => {
    const titles = await titlesOf(join(process.cwd(), file));
    const missing = parts.flatMap((part) => part.titles.filter((title) => !titles.has(title)));
    expect(missing).toEqual([]);
  });
});
