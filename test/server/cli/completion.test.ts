/** Completion in a real bash, at a real terminal. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startPerson } from './support.ts';

let person: Person;
beforeAll(async () => {
  person = await startPerson({ plants: { 'plant-a': {} } });
});
afterAll(() => person.stop());

/** An interactive bash. `type` resolves when the terminal shows what is expected after it. */
function openBash(env: Record<string, string>) {
  const child = spawn('script', ['-qfc', 'bash --norc --noprofile -i', '/dev/null'], {
    env: { ...env, TERM: 'dumb', INPUTRC: '/dev/null' },
  });
  let shown = '';
  let wake = (): void => undefined;
  child.stdout.on('data', (data: Buffer) => {
    shown += data.toString();
    wake();
  });
  return {
    type: async (text: string, expected: RegExp): Promise<string> => {
      const from = shown.length;
      child.stdin.write(text);
      while (!expected.test(shown.slice(from))) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return shown.slice(from);
    },
    end: () => child.kill(),
  };
}

it('completes commands, servers, and the path of a tag with its blanks', async () => {
  const bash = openBash(await person.shell());
  try {
    await bash.type('source <(iota-seeqdrv completion bash); echo rea""dy\n', /ready/);
    await bash.type('iota-seeqdrv val\t', /values /);
    await bash.type('Exam\t', /ple\//);
    await bash.type('Coo\t', /ling\\ Tower\\ /);
    await bash.type('1/Area\\ A/Tempe\t', /rature /);
    await bash.type('--host pl\t', /ant-a /);
    await bash.type('--nd\t', /json /);
    const printed = await bash.type('\n', /\}\r?\n.*[#$] $/);
    expect(printed).toContain('"tag":"Example/Cooling Tower 1/Area A/Temperature","fqn":"seeq:plant-a/signal/');
    await bash.type("\u0015iota-seeqdrv tree 'Exam\t", /ple\//);
    await bash.type("'\u0015iota-seeqdrv call tag\t", /search /);
  } finally {
    bash.end();
  }
});

/** What a shell gets for the last word. */
async function completed(...words: string[]): Promise<string[]> {
  const { code, out } = await person.command('__complete', 'fish', 'iota-seeqdrv', ...words);
  expect(code).toBe(0);
  return out.split('\n').map((line) => line.split('\t')[0] ?? '');
}

it('offers the names that the driver knows', async () => {
  const area = 'Example/Cooling Tower 1/Area A';
  expect(await completed('values', '--host', '')).toEqual(['plant-a']);
  expect(await completed('values', '--host=p')).toEqual(['--host=plant-a']);
  expect(await completed('values', 'Exam')).toContain('Example/');
  expect(await completed('values', '--host', 'plant-a', `${area}/Temp`)).toEqual([`${area}/Temperature`]);
  expect(await completed('values', 'Area A_Comp')).toContain('Area A_Compressor Power');
  expect(await completed('tree', 'Example/Cooling Tower 1/Area A')).toEqual([`${area}/`]);
  expect(await completed('tree', '')).toContain('Example/');
  expect((await completed('timeframes', '')).length).toBeGreaterThan(1);
  expect(await completed('values', 'no/such')).toEqual(['']);
  expect(await completed('values', '--host', 'no-such-server', 'Exam')).toEqual(['']);
});
