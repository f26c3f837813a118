/** Commands at a real terminal: its width, colours, and the progress of long reads. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startPerson } from './support.ts';

let person: Person;
beforeAll(async () => {
  person = await startPerson({ plants: { 'plant-a': {} } });
});
afterAll(() => person.stop());

/** What a terminal of 60 columns shows of a command line. */
async function shown(line: string, more: Record<string, string> = {}): Promise<string> {
  const { FORCE_COLOR: _, NO_COLOR: __, ...own } = await person.shell();
  const env = { ...own, TERM: 'xterm', ...more };
  const { stdout } = await promisify(execFile)('script', ['-qec', `stty cols 60 rows 24; ${line}`, '/dev/null'], {
    env,
  });
  return stdout.replaceAll('\r\n', '\n').trim();
}

describe('a table', () => {
  const line = "iota-seeqdrv search 'Area A_*'";

  it('has colours, and cuts long texts to the width', async () => {
    const out = await shown(line);
    expect(out).toContain('\u001b[1mPATH');
    // eslint-disable-next-line no-control-regex -- These are what is removed.
    const plain = out.replace(/\u001b\[\d+m/g, '').split('\n');
    for (const row of plain) expect([row, row.length <= 60]).toEqual([row, true]);
    expect(plain).toContainEqual(expect.stringMatching(/^….*Temperature +plant-a +number +°F +Air.*…$/));
  });

  it('has no colours if the person wants none', async () => {
    expect(await shown(line, { NO_COLOR: '1' })).not.toContain('\u001b');
  });
});

describe('progress', () => {
  it('is shown while the result goes into a file, and removed at the end', async () => {
    const file = join(person.folder, 'long.csv');
    const out = await shown(`iota-seeqdrv history 'Area A/Temperature' --start -30d --csv > '${file}'; echo END`);
    expect(out).toMatch(/\d+ samples/);
    // eslint-disable-next-line no-control-regex -- The code that erases the line.
    expect(out).toMatch(/\r\u001b\[KEND$/);
    expect((await readFile(file, 'utf8')).split('\r\n').length).toBeGreaterThan(10_000);
  });

  it('is not shown where no one can see it', async () => {
    expect(await shown("iota-seeqdrv history 'Area A/Temperature' --start -1d --csv 2>&1 >/dev/null | cat")).toBe('');
  });
});
