import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-repeat-'));
  await mkdir(join(folder, 'tests'));
  await symlink(join(root, 'node_modules'), join(folder, 'tests/node_modules'));
});
afterEach(() => rm(folder, { recursive: true }));

function repeat(...args: readonly string[]): Promise<{ code: unknown; out: string }> {
  const script = join(root, 'scripts/repeat-tests.mjs');
  const own = ['--out', join(folder, 'out'), '--root', join(folder, 'tests')];
  return new Promise((done) => {
    execFile(process.execPath, [script, ...args, ...own], (error, out) => {
      done({ code: error?.code ?? 0, out });
    });
  });
}

it('lists what failed in which run, and fails if anything did', async () => {
  await writeFile(
    join(folder, 'tests/some.test.js'),
    `import { appendFileSync, readFileSync } from 'node:fs';
    import { expect, it } from 'vitest';
    it('passes', () => {});
    it('fails the second time', () => {
      appendFileSync(${JSON.stringify(join(folder, 'count'))}, 'x');
      expect(readFileSync(${JSON.stringify(join(folder, 'count'))}, 'utf8')).not.toBe('xx');
    });`,
  );
  const { code, out } = await repeat('--runs', '2');
  expect(code).toBe(1);
  expect(out).toMatch(/run 1 of 2, quiet: 2 passed, 0 failed/);
  expect(out).toMatch(/run 2 of 2, one core busy: 1 passed, 1 failed/);
  expect(out).toMatch(/\n1 of 2 runs passed\n.*some\.test\.js: fails the second time: failed in run 2 \(busy\)\n/);
  expect(await readdir(join(folder, 'out'))).toContain('run-2.log');
});

it('succeeds if nothing failed', async () => {
  await writeFile(join(folder, 'tests/some.test.js'), `import { it } from 'vitest'; it('passes', () => {});`);
  const { code, out } = await repeat('--runs=1', 'some');
  expect([code, out]).toEqual([0, expect.stringMatching(/quiet: 1 passed, 0 failed[^]*\n1 of 1 runs passed\n$/)]);
});

it('does not take a run in which no test was found for one that passed', async () => {
  const { code, out } = await repeat('--runs', '1', 'none');
  expect([code, out]).toEqual([
    1,
    expect.stringContaining('0 of 1 runs passed\n  outside of the tests: failed in run 1'),
  ]);
});
