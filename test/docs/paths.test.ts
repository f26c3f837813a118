/** Pages name files and commands of this tree; after a move they must still lead there. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...globSync(['docs/*.md', 'simulators/**/README.md'])];
const scripts = ['package.json', 'simulators/package.json'].flatMap((file) =>
  Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { scripts: object }).scripts),
);

it.each(pages)('%s names what is there', (page) => {
  const text = readFileSync(page, 'utf8');
  const files = [...text.matchAll(/`((?:src|test|bench|scripts|docs|openapi|simulators)(?:\/[\w.-]+)+)\/?\*?`/g)].map(([, path]) => path);
  const links = [...text.matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)].map(([, path]) => join(dirname(page), path ?? ''));
  const commands = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name ?? '');
  expect({
    files: [...files, ...links].filter((path) => path !== undefined && !existsSync(path)),
    commands: commands.filter((name) => !scripts.includes(name) && name !== 'simulator:'),
  }).toEqual({ files: [], commands: [] });
});
