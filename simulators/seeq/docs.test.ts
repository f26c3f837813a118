import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandOf } from './arguments.ts';
import { FAULT_SCHEMA } from './control.ts';
import { FUNCTION_NAMES } from './formula/functions/all.ts';
import { DEFAULT_ACCOUNTS } from './http/sessions.ts';
import { DEFAULT_BEHAVIOUR } from './behaviour.ts';
import { buildPlant } from './plant/example.ts';

const page = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

describe('the page about the Seeq simulator', () => {
  it('names every function, setting, kind of fault, account and root of the plant', () => {
    const kinds = FAULT_SCHEMA.options.flatMap(({ shape }) => [...shape.kind.values]);
    const roots = buildPlant('Example', () => 0n).roots();
    const names = [
      ...FUNCTION_NAMES,
      ...Object.keys(DEFAULT_BEHAVIOUR),
      ...kinds,
      ...DEFAULT_ACCOUNTS.flatMap(({ name, password }) => [name, password]),
      ...roots.map(({ name }) => name),
    ];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('names every option that is not obvious from the help, and none that does not exist', () => {
    const options = commandOf().options.map(({ long }) => long);
    const named = [...page.matchAll(/`(--[a-z-]+)`/g)].map(([, option]) => option);
    expect(named.filter((option) => !options.includes(option))).toEqual([]);
    const silent = ['--host', '--port', '--log', '--end-with-stdin'];
    expect(options.filter((option) => !page.includes(option ?? '') && !silent.includes(option ?? ''))).toEqual([]);
  });
});
