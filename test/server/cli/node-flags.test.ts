/** The flags of Node that a running driver gives itself: V8 itself tells whether it has them. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { missingFlags, SEMI_SPACE_MB } from '../../../src/cli/node-flags.ts';
import { type DriverProcessOptions, startDriver } from '../../support/driver-process.ts';
import { createUserKey } from '../../support/nats/index.ts';

const own = `--max-semi-space-size=${SEMI_SPACE_MB}`;

describe('the flags that are missing', () => {
  it.each([
    ['nothing', [], {}],
    ['other flags', ['--max-old-space-size=128', '--import', './a.ts'], { NODE_OPTIONS: '--no-warnings' }],
    ['a value that only looks like one', ['--title=--max-semi-space-size=8'], {}],
  ])('beside %s are all', (_name, given, env) => {
    expect(missingFlags(given, env)).toEqual([own]);
  });

  it.each([
    ['--max-semi-space-size=8', {}],
    ['--max-semi-space-size', {}],
    ['--max_semi_space_size=8', {}],
    ['--min-semi-space-size=32', {}],
    ['--max-heap-size=200', {}],
    ['--no-warnings', { NODE_OPTIONS: '--no-deprecation  --max-semi-space-size=4' }],
  ])('beside %s and %j are none', (given, env) => {
    expect(missingFlags([given], env)).toEqual([]);
  });
});

describe('a driver that runs', () => {
  /** The limit of the heap, in MiB, to which flags lead on this machine. */
  const limitOf = (...flags: string[]): number =>
    Number(
      execFileSync(process.execPath, [...flags, '-p', 'Math.round(v8.getHeapStatistics().heap_size_limit / 2 ** 20)'], {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      }),
    );

  /** The limit of its heap, and the exit code after SIGTERM. No bus is needed to start. */
  async function run(options: Pick<DriverProcessOptions, 'nodeOptions' | 'env'>) {
    const { seed, publicKey } = createUserKey();
    const driver = startDriver({
      seed,
      config: {
        publickey: publicKey,
        natsurl: '127.0.0.1:1',
        reqtopic: 'a.request',
        settings: {
          servers: [
            {
              name: 'plant-a',
              url: 'http://127.0.0.1:1',
              credentials: { accessKey: { env: 'SEEQ' }, password: { env: 'SEEQ' } },
            },
          ],
        },
      },
      ...options,
      env: { SEEQ: 'x', NODE_OPTIONS: '', ...options.env },
    });
    const { heapLimitMiB, instance } = await driver.line(({ msg }) => msg === 'driver started');
    return { limit: heapLimitMiB, samePid: String(instance).endsWith(`-${driver.pid}`), code: await driver.stop() };
  }

  it('has them, and is still the process that was started', async () => {
    const limit = limitOf('--max-old-space-size=300', own);
    expect(limit).not.toBe(limitOf('--max-old-space-size=300', '--max-semi-space-size=1'));
    expect(await run({ nodeOptions: ['--max-old-space-size=300'] })).toEqual({ limit, samePid: true, code: 0 });
  });

  it('leaves those that it was started with', async () => {
    const given = ['--max-old-space-size=300', '--max-semi-space-size=3'];
    const limit = limitOf(...given);
    expect(limit).not.toBe(limitOf('--max-old-space-size=300', own));
    expect(await run({ nodeOptions: given })).toMatchObject({ limit, code: 0 });
    expect(await run({ env: { NODE_OPTIONS: given.join(' ') } })).toMatchObject({ limit, code: 0 });
  });
});
