/** Runs the example of the client library from the source tree. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ExampleCluster } from './cluster.ts';

/** What the example prints. */
export async function runTypeScriptExample({ env, folder }: ExampleCluster): Promise<string> {
  const text = await readFile('examples/typescript/first-request.ts', 'utf8');
  const source = pathToFileURL(resolve('src/client/index.ts')).href;
  const file = join(folder, 'first-request.ts');
  await writeFile(file, text.replace("'iota-seeqdrv/client'", `'${source}'`));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', file], {
    env: { ...process.env, ...env },
  });
  return stdout;
}
