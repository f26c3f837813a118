/** The lines of the log that `docs/operations.md` names are written by the driver, in these words. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Between two of them stands what is particular to one line: `…` on the page, a placeholder in the code. */
const GAPS = /…|\(503\)/;

it('the page of operations names lines that there are', async () => {
  const files = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'));
  const code = (await Promise.all(files.map((name) => readFile(join('src', name), 'utf8')))).join('\n');
  const [, table = ''] = (await readFile('docs/operations.md', 'utf8')).split('| line | level | what to do |');
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const [, cell = ''] = row.split(' | ', 1)[0]?.split(/^\| /) ?? [];
    for (const [, line = ''] of cell.matchAll(/`([^`]+)`/g)) {
      const parts = line.split(GAPS).map((part) => part.trim().replace(/^"|"$/g, '').trim());
      for (const part of parts.filter((text) => /\w/.test(text))) {
        // A text in single quotes has its apostrophes escaped.
        expect(code.replaceAll("\\'", "'").includes(part), `${line}: ${part}`).toBe(true);
      }
    }
  }
});
