/** The example of the page about the client is run as it stands there, against a whole cluster. */
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  cluster = await startCluster();
  // Within the project, where the packages are found.
  await mkdir('.cache', { recursive: true });
  folder = await mkdtemp(resolve('.cache/docs-client-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await cluster.stop();
});

it('the example runs', async () => {
  const page = await readFile('docs/client.md', 'utf8');
  const [, example = ''] = /```ts\n(.*?)\n```/s.exec(page) ?? [];
  const source = pathToFileURL(resolve('src/client/index.ts')).href;
  expect(example).toContain("from 'iota-seeqdrv/client'");
  const file = join(folder, 'example.ts');
  await writeFile(file, example.replace("'iota-seeqdrv/client'", `'${source}'`));
  await writeFile(join(folder, 'ca.pem'), cluster.authority.caPem);
  await writeFile(join(folder, 'caller.nk'), cluster.caller.seed);
  const env = {
    ...process.env,
    NATS: `${cluster.nats.host}:${cluster.nats.port}`,
    CA_FILE: join(folder, 'ca.pem'),
    SEED_FILE: join(folder, 'caller.nk'),
    TOPIC: REQUEST_TOPIC,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', file], { env });
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toBe('partial');
  expect(lines.slice(1, 4).sort()).toEqual(['0 number kW', '1 number kW', '2 badRequest']);
  expect(lines.slice(4)).toEqual([
    expect.stringMatching(/^\d{3,} samples$/),
    expect.stringMatching(/^ok \d{3,} samples$/),
    'changed 0',
  ]);
});
