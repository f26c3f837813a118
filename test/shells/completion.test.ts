/** Completion in real zsh and fish. The one in bash is tested with the others of the command line. */
import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startPerson } from '../server/cli/support.ts';

const run = promisify(execFile);

let person: Person;
let env: Record<string, string>;
beforeAll(async () => {
  for (const shell of ['zsh', 'fish']) {
    await run(shell, ['--version']).catch(() => {
      throw new Error(`${shell} is missing: apt-get install --no-install-recommends zsh fish`);
    });
  }
  person = await startPerson({ plants: { 'plant-a': {} } });
  env = await person.shell();
});
afterAll(() => person.stop());

it('fish offers commands, servers and paths', async () => {
  const completed = async (line: string): Promise<string[]> => {
    const script = `iota-seeqdrv completion fish | source; complete -C ${JSON.stringify(line)}`;
    const { stdout } = await run('fish', ['--no-config', '-c', script], { env });
    return stdout.split('\n').map((found) => found.split('\t')[0] ?? '');
  };
  expect(await completed('iota-seeqdrv val')).toContain('values');
  expect(await completed('iota-seeqdrv values --host ')).toContain('plant-a');
  expect(await completed('iota-seeqdrv values Exam')).toContain('Example/');
  expect(await completed("iota-seeqdrv values 'Example/Cooling Tower 1/Area A/Temp")).toEqual(
    expect.arrayContaining([expect.stringContaining('Area A/Temperature')]),
  );
});

it('zsh completes commands and paths with their blanks', async () => {
  const start = join(person.folder, 'start.zsh');
  await writeFile(
    start,
    'autoload -Uz compinit; compinit -u -D\nsource <(iota-seeqdrv completion zsh)\nprint rea""dy\n',
  );
  const child = spawn('script', ['-qfc', 'zsh -f -i', '/dev/null'], { env: { ...env, TERM: 'dumb' } });
  let shown = '';
  let wake = (): void => undefined;
  child.stdout.on('data', (data: Buffer) => {
    // Without the codes by which the shell moves the cursor.
    // eslint-disable-next-line no-control-regex -- These are what is removed.
    shown += data.toString().replace(/\u001b\[\??[\d;]*[a-zA-Z]/g, '');
    wake();
  });
  const type = async (text: string, expected: RegExp): Promise<void> => {
    const from = shown.length;
    child.stdin.write(text);
    while (!expected.test(shown.slice(from))) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  try {
    await type(`source ${start}\n`, /ready/);
    await type('iota-seeqdrv val\t', /ues /);
    await type('Exam\t', /ple\//);
    await type('Coo\t', /ling\\ Tower\\ /);
    await type('1/Area\\ A/Tempe\t', /rature /);
    await type('--nd\t', /json /);
    await type('\n', /"fqn":"seeq:plant-a\/signal\//);
  } finally {
    child.kill();
  }
});
