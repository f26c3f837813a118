import { describe, expect, it } from 'vitest';
import { wordsOf } from '../../../src/cli/completion/words.ts';
import { runProgram } from '../../../src/cli/program.ts';

describe('the words of a line', () => {
  it.each<[string, string[]]>([
    ['iota-seeqdrv ', ['iota-seeqdrv', '']],
    ['iota-seeqdrv  val', ['iota-seeqdrv', 'val']],
    ["x 'Cooling Tower 1/Ar", ['x', 'Cooling Tower 1/Ar']],
    ['x Cooling\\ Tower\\ 1/', ['x', 'Cooling Tower 1/']],
    ['x "a \\"b\\" \\c" d', ['x', 'a "b" \\c', 'd']],
    ["x a'b c'd ", ['x', 'ab cd', '']],
    ['x a\\ ', ['x', 'a ']],
    ['', ['']],
  ])('of %j are %j', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });
});

async function completed(...words: string[]): Promise<string[]> {
  const out: string[] = [];
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => out.push(`error ${line}`) };
  // No context and no configuration: nothing can be asked.
  const env = { XDG_CONFIG_HOME: '/nowhere', IOTA_SEEQDRV_CONFIG: '/nowhere/iota.json' };
  const code = await runProgram(['__complete', 'fish', 'iota-seeqdrv', ...words], { ...terminal, env });
  expect(code).toBe(0);
  return out.map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it('offers commands, and their commands', async () => {
    expect(await completed('val')).toEqual(['values']);
    expect(await completed('')).toEqual(
      expect.arrayContaining(['run', 'check', 'config', 'context', 'search', 'plot']),
    );
    expect(await completed('context', '')).toEqual(['save', 'list', 'use', 'show', 'remove']);
  });

  it('offers options, choices and other fixed words', async () => {
    expect(await completed('values', '--c')).toEqual(['--context', '--config', '--ca', '--csv', '--csv-exact']);
    expect(await completed('history', 'x', '--aggregate', 'percent')).toEqual(['percentGood']);
    expect(await completed('plot', 'x', '--theme', '')).toEqual(['light', 'dark']);
    expect(await completed('plot', 'x', '--theme=d')).toEqual(['--theme=dark']);
    expect(await completed('values', '--time-zone', 'Europe/Berl')).toEqual(['Europe/Berlin']);
    expect(await completed('call', 'tag')).toEqual(['tagsearch']);
    expect(await completed('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('leaves files to the shell', async () => {
    expect(await completed('run', '--config', '/etc/')).toEqual([':files']);
    expect(await completed('plot', 'x', '--svg', '')).toEqual([':files']);
  });

  it('is quiet where it cannot ask', async () => {
    expect(await completed('values', 'Exa')).toEqual([]);
    expect(await completed('values', '--host', '')).toEqual([]);
    expect(await completed('values', '--context', '')).toEqual([]);
    expect(await completed('nothing', '')).toEqual([]);
  });
});
