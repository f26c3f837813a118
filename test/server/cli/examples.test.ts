/** Every example in a help text works as it is. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wordsOf } from '../../../src/cli/completion/words.ts';
import { type Person, startPerson } from './support.ts';

/** Their own tests try them: they need more than a driver, or run until they are stopped. */
const ELSEWHERE = ['run', 'check', 'iotopen-login'];
/** These print what they can read. The plant also has items that cannot be read. */
const PARTIAL = ['timeframes', 'search', 'tree'];

let person: Person;
beforeAll(async () => {
  person = await startPerson({ plants: { 'plant-a': {} } });
});
afterAll(() => person.stop());

/** The command lines of a help text, and those of the commands below it. */
async function examplesBelow(...path: string[]): Promise<string[]> {
  const { out } = await person.command(...path, '--help');
  const own = [...out.matchAll(/^ {2}\$ iota-seeqdrv (.*)$/gm)].map(([, line = '']) => line);
  const [, commands = ''] = /\nCommands:\n([^]*?)(?:\n\n|$)/.exec(out) ?? [];
  const names = [...commands.matchAll(/^ {2}(?!help)([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
  const below: string[] = [];
  for (const name of names) {
    const found = await examplesBelow(...path, name);
    // Each command has at least one.
    if (!ELSEWHERE.includes(name)) expect([name, found.length]).not.toEqual([name, 0]);
    below.push(...found);
  }
  return [...own, ...below];
}

it('of every command works', async () => {
  const { folder, cluster } = person;
  const contexts = await readFile(join(folder, 'iota-seeqdrv', 'contexts.json'));
  const work = join(folder, 'work');
  await mkdir(work);
  await writeFile(join(work, 'mapping.json'), JSON.stringify({ filter: 'hall/#', payload: 'number' }));
  const lines = await examplesBelow();
  expect(lines.length).toBeGreaterThan(30);
  for (const line of lines) {
    const [name = '', ...args] = wordsOf(line).map((word) =>
      word
        .replace('/etc/iota/iota.seeqdrv.json', cluster.driver.configFile)
        .replace(/^caller\.nk$/, join(folder, 'person.nk'))
        .replace(/^(week\.(?:svg|png)|caller|mapping\.json)$/, join(work, '$1')),
    );
    if (ELSEWHERE.includes(name)) continue;
    // Earlier ones may have removed it.
    await writeFile(join(folder, 'iota-seeqdrv', 'contexts.json'), contexts);
    const { code, out, err } = await person.command(name, ...args);
    expect([line, code, err], out).toEqual([
      line,
      PARTIAL.includes(name) ? expect.toSatisfy((found) => found === 0 || found === 3) : 0,
      expect.not.stringContaining('error'),
    ]);
  }
});
