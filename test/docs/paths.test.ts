/** Pages name files and commands of this tree; after a move they must still lead there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...globSync('docs/*.md')];
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

it.each(pages)('%s names what is there', (page) => {
  const text = readFileSync(page, 'utf8');
  const files = [...text.matchAll(/`((?:src|test|bench|scripts|docs|openapi)(?:\/[\w.-]+)+)\/?\*?`/g)].map(([, path]) => path);
  const links = [...text.matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)].map(([, path]) => join(dirname(page), path ?? ''));
  const commands = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name ?? '');
  expect({
    files: [...files, ...links].filter((path) => path !== undefined && !existsSync(path)),
    commands: commands.filter((name) => !(name in scripts) && name !== 'simulator:'),
  }).toEqual({ files: [], commands: [] });
});
