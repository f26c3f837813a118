/** Whoever tries an example of the pages finds its items: the simulator of the name that they give has them. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startSeeqSimulator } from '../../simulators/seeq/simulator.ts';

/** Shown as one that does not exist. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

it('every id in the pages is one of the plant of "npm run simulator -- --name plant-a"', async () => {
  const simulator = await startSeeqSimulator({ name: 'plant-a', port: 0 });
  try {
    const known = new Set((await simulator.control.plant()).map(({ id }) => id));
    const pages = (await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
    const missing: string[] = [];
    let ids = 0;
    for (const page of ['README.md', ...pages]) {
      const text = await readFile(page, 'utf8');
      for (const [, id = ''] of text.matchAll(/seeq:plant-a\/[a-z]+\/([0-9A-F-]{36})/g)) {
        ids++;
        if (!known.has(id) && id !== NOBODY) missing.push(`${page}: ${id}`);
      }
    }
    expect(ids).toBeGreaterThan(20);
    expect(missing).toEqual([]);
    expect(await readFile('simulators/seeq/README.md', 'utf8')).toContain('npm run simulator -- --name plant-a');
  } finally {
    await simulator.stop();
  }
});
