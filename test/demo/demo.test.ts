/** The demonstration as a process, as `npm run demo` starts it. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../../simulators/support/compile-cache.ts';
import { eventually } from '../support/eventually.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const VARIABLE = 'IOTA_SEEQDRV_DEMO_TEST';

/** Every process that the demonstration starts inherits this variable, whatever becomes of its parents. */
let mark: string;
/** Every temporary folder of it is made here. */
let folder: string;

beforeEach(() => {
  mark = randomUUID();
  folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...COMPILE_CACHE, ...process.env, NO_COLOR: '1', TMPDIR: folder, [VARIABLE]: mark, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      output += part.toString();
    });
  }
  const closed = once(child, 'close') as Promise<[number | null]>;
  return { child, output: () => output, ended: closed.then(([code]) => code) };
}

/** Processes that carry the mark, as Linux lists them; none elsewhere. */
function survivors(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${VARIABLE}=${mark}`);
      } catch {
        // Ended in the meantime, or somebody else's.
        return false;
      }
    });
}

/** The last of them may still be going when the demonstration has ended. */
async function expectNothingLeft(): Promise<void> {
  await eventually(() => {
    expect(survivors()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
}

describe('npm run demo', () => {
  test('--once walks through everything, finds all answers right, and leaves nothing behind', async () => {
    const { output, ended } = start(['--once']);
    const code = await ended;
    const text = output();
    expect(code, text).toBe(0);
    for (const heading of [
      'What is running',
      'The servers behind the driver',
      'A search over both plants',
      'The asset tree of a tower',
      'Current values',
      'A day of history',
      'A long series',
      'Timeframes',
      'A plant goes down, and comes back',
      'Mistakes',
      'Device data over MQTT',
      'A seneye sensor',
      'A data marketplace \\(I3\\)',
      'IoT Open',
      'The bus goes away, and nothing is lost',
    ]) {
      expect(text).toMatch(new RegExp(`^ {2}\\d+ {2}${heading} ─`, 'm'));
    }
    expect(text).toContain('All answers are right');
    expect(text).not.toContain('✗');
    // Not a terminal, so no colours.
    expect(text).not.toContain('\u001b');
    await expectNothingLeft();
  });

  test('a signal in the middle ends everything', async () => {
    const { child, output, ended } = start([]);
    await eventually(() => {
      expect(output()).toContain('The servers behind the driver');
    });
    child.kill('SIGTERM');
    expect(await ended, output()).toBe(143);
    await expectNothingLeft();
  });

  test('a signal while the parts start ends everything', async () => {
    const { child, output, ended } = start([]);
    await expect.poll(() => readdirSync(folder), { interval: 5 }).not.toEqual([]);
    child.kill('SIGINT');
    expect(await ended, output()).toBe(130);
    await expectNothingLeft();
  });

  test('a failed start says why and leaves nothing behind', async () => {
    const { output, ended } = start(['--once'], { NATS_SERVER: join(folder, 'missing') });
    expect(await ended).toBe(1);
    expect(output()).toContain('NATS_SERVER names');
    await expectNothingLeft();
  });
});
