import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { freshCheckout } from './fresh-checkout.ts';

const root = join(import.meta.dirname, '../../..');
const setup = join(root, 'scripts/setup.mjs');
const turn = join(import.meta.dirname, '../../../scripts/setup/turn.mjs');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, program = process.execPath) {
  const child = spawn(program, [...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that whatever a failed test leaves running can be ended.
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // None of them is left.
    }
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, ended };
}

const run = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> =>
  start([setup, ...args], env).ended;

/** Prints its number and stays. */
const idle = 'console.log(process.pid); setInterval(() => {}, 1000);';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the set-up', () => {
  it('runs the command by the Node of the project, with its arguments as they are', async () => {
    const script = 'console.log(JSON.stringify([process.version, ...process.argv.slice(1)]))';
    const args = ['a b', '--once', '--', '$HOME', "it's", '*'];
    const { code, out, err } = await run(['--no-servers', '--', 'node', '-e', script, '--', ...args]);
    expect([code, err]).toEqual([0, '']);
    const [version, ...given] = JSON.parse(out) as string[];
    expect(version).toMatch(/^v24\./);
    expect(given).toEqual(args);
  });

  it('ends as the command does', async () => {
    expect((await run(['--no-servers', '--', 'sh', '-c', 'exit 7'])).code).toBe(7);
    expect((await run(['--no-servers', '--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(128 + 9);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'hands on %s once, and waits for the command to end',
    async (signal) => {
      const script = `
      let count = 0;
      process.on('${signal}', () => { if (++count === 1) setTimeout(() => { console.log('got ' + count); process.exit(3); }, 200); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
      const { child, ended } = start([setup, '--no-servers', '--', 'node', '-e', script]);
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 3, out: 'ready\ngot 1\n' });
    },
  );

  it('takes the command with it when it is killed', async () => {
    const { child, ended } = start([setup, '--no-servers', '--', 'node', '-e', idle]);
    const [pid] = (await once(child.stdout, 'data')) as [string];
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => isAlive(Number(pid))).toBe(false);
  });

  it.each([
    [['--servers', '--', 'node'], /unknown option --servers; usage:/],
    [['--no-servers', '--', 'no-such-command'], /there is no command no-such-command/],
  ])('%j is refused', async (args, message) => {
    const { code, err } = await run(args);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('says when NATS_SERVER names no program', async () => {
    const { code, err } = await run(['--', 'node', '-v'], { NATS_SERVER: join(folder, 'none') });
    expect(code).toBe(1);
    expect(err).toMatch(/the variable NATS_SERVER names .*none, which is not a program that can be run/);
  });
});

describe('a script of npm', () => {
  // npm hands on the first two; the others end it where it stands.
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('ends its process on %s to npm', async (signal) => {
    const { child, ended } = start(['run', '--silent', 'simulator', '--', '--port', '0'], {}, 'npm');
    const [line] = (await once(child.stdout, 'data')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    expect((await fetch(url)).status).toBeGreaterThan(0);
    child.kill(signal);
    // The pipe closes when the last process that holds it is gone.
    await ended;
    await expect(fetch(url)).rejects.toThrow();
  });

  it('runs by the Node of npm, so that a broken one in node_modules can be mended', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [name, script] of Object.entries(scripts)) {
      // A shell that stays would keep signals from the command.
      expect(script, name).toMatch(
        /^(?:(?:[A-Z_]+=\S+ )?exec (?:"\$\{npm_node_execpath:-node\}" scripts\/setup\.mjs (?:--no-servers )?-- |bash )|npm run \w+ && )/,
      );
    }
  });
});

describe('the packages that a lock file names for a machine', async () => {
  interface Lock {
    readonly packages: Readonly<
      Record<string, { version?: string; hasInstallScript?: boolean; [key: string]: unknown }>
    >;
  }
  const { wantedPackages } = (await import(join(root, 'scripts/setup/packages.mjs'))) as {
    wantedPackages: (lock: Lock, machine: { os: string; cpu: string; libc?: string }) => string[];
  };
  const read = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8')) as Lock;
  const version = '1.0.0';

  it.each([
    [{ os: 'linux', cpu: 'x64', libc: 'glibc' }, ['gnu', 'gnu-part', 'not-windows']],
    [{ os: 'linux', cpu: 'x64', libc: 'musl' }, ['musl', 'not-windows']],
    [{ os: 'linux', cpu: 'arm64', libc: 'glibc' }, ['not-windows']],
    [{ os: 'win32', cpu: 'x64' }, []],
  ])('are for %j, with what they and the workspaces need', (machine, names) => {
    const optional = true;
    const lock = {
      packages: {
        '': { version, devDependencies: { all: '1' }, optionalDependencies: { 'not-windows': '1' } },
        tools: { version, devDependencies: { tool: '1' } },
        'node_modules/tools': { link: true, resolved: 'tools' },
        'node_modules/tool': { version },
        'node_modules/all': {
          version,
          optionalDependencies: { gnu: '1', musl: '1' },
          peerDependencies: { peer: '1', unwanted: '1' },
          peerDependenciesMeta: { unwanted: { optional: true } },
        },
        'node_modules/all/node_modules/gnu': {
          version,
          optional,
          os: ['linux'],
          cpu: 'x64',
          libc: ['glibc'],
          dependencies: { 'gnu-part': '1' },
        },
        'node_modules/all/node_modules/gnu-part': { version, optional },
        'node_modules/musl': { version, optional, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
        'node_modules/not-windows': { version, optional, os: ['!win32'] },
        'node_modules/peer': { version },
        'node_modules/unwanted': { version },
      },
    };
    const found = wantedPackages(lock, machine).map((path) => path.replace(/^.*node_modules\//, ''));
    expect(found.sort()).toEqual(['all', 'peer', 'tool', 'tools', ...names].sort());
  });

  it.each(['x64', 'arm64'])('are all that an installation on Linux with %s has, native ones included', async (cpu) => {
    const lock = await read('package-lock.json');
    const wanted = wantedPackages(lock, { os: 'linux', cpu, libc: 'glibc' });
    const required = Object.keys(lock.packages).filter(
      (path) => path.startsWith('node_modules/') && lock.packages[path]?.optional !== true,
    );
    expect(wanted).toEqual(expect.arrayContaining(required));
    expect(wanted).toContain(`node_modules/@rolldown/binding-linux-${cpu}-gnu`);
    expect(wanted).not.toContain(`node_modules/@rolldown/binding-linux-${cpu}-musl`);
  });

  it('run no script of their own when they are installed, but Node, which the set-up brings', async () => {
    const { packages } = await read('package-lock.json');
    expect(Object.keys(packages).filter((path) => packages[path]?.hasInstallScript)).toEqual(['node_modules/node']);
  });

  it('and the lock file of the set-up name one and the same Node', async () => {
    const { packages } = await read('package-lock.json');
    const own = (await read('scripts/setup/node/package-lock.json')).packages;
    for (const cpu of ['x64', 'arm64']) {
      expect(own[`node_modules/node-linux-${cpu}`]?.version).toBe(packages['node_modules/node']?.version);
    }
  });
});

describe('in a checkout in which nothing is installed', () => {
  const print = ['--no-servers', '--', 'node', '-p', 'process.version'];

  it('installs every package for this machine and no other, and puts in Node', async () => {
    await using checkout = await freshCheckout();
    // Settings that leave packages out, as an npmrc or a variable can have them.
    const env = {
      ...checkout.env,
      NODE_ENV: 'production',
      npm_config_omit: 'optional',
      npm_config_ignore_scripts: 'true',
    };
    const { code, out } = await start([checkout.setup, ...print], env).ended;
    expect([code, out]).toEqual([0, `${process.version}\n`]);
    expect(['plain', 'native', 'foreign'].filter(checkout.has)).toEqual(['plain', 'native']);
    const again = await start([checkout.setup, ...print], env).ended;
    expect(again).toEqual({ code: 0, out: `${process.version}\n`, err: '' });
  });

  it.each([
    ['a package for this machine is missing', 'native'],
    ['any other package is missing', 'plain'],
    ['its Node is missing', '.bin/node'],
    ['the record of npm is missing', '.package-lock.json'],
  ])('mends an installation in which %s', async (_, path) => {
    await using checkout = await freshCheckout();
    await start([checkout.setup, ...print], checkout.env).ended;
    await rm(join(checkout.folder, 'node_modules', path), { recursive: true });
    const { code, out } = await start([checkout.setup, ...print], checkout.env).ended;
    expect([code, out]).toEqual([0, `${process.version}\n`]);
    expect(existsSync(join(checkout.folder, 'node_modules', path))).toBe(true);
  });

  it('does not take a program for Node that is none', async () => {
    await using checkout = await freshCheckout();
    await start([checkout.setup, ...print], checkout.env).ended;
    const node = join(checkout.folder, 'node_modules/.bin/node');
    await rm(node);
    await writeFile(node, 'half a program', { mode: 0o755 });
    expect(await start([checkout.setup, ...print], checkout.env).ended).toMatchObject({ code: 0 });
  });

  it('asks again for an optional package that npm left out in silence', async () => {
    await using checkout = await freshCheckout();
    let failures = 0;
    checkout.answer = ({ name, file }, response) => {
      if (name !== 'native' || !file || failures > 0) return false;
      failures++;
      response.writeHead(404).end();
      return true;
    };
    const { code, err } = await start([checkout.setup, ...print], checkout.env).ended;
    expect(err).toContain('npm left out native');
    expect(code).toBe(0);
    expect(checkout.has('native')).toBe(true);
  });

  it('names what npm leaves out for good, and the remedy', async () => {
    await using checkout = await freshCheckout();
    checkout.answer = ({ name, file }, response) => {
      if (name === 'native' && file) response.writeHead(404).end();
      return name === 'native' && file;
    };
    const { code, err } = await start([checkout.setup, ...print], checkout.env).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/npm ci left out packages that this machine needs: native\.\n +Remedy: /);
  });

  it('says that the registry cannot be reached, and what to do', async () => {
    await using checkout = await freshCheckout();
    await checkout.closeRegistry();
    const { code, err } = await start([checkout.setup, ...print], checkout.env).ended;
    expect(code).toBe(1);
    expect(err).toMatch(/http:\/\/127\.0\.0\.1:\d+ cannot be reached \(.*ECONNREFUSED.*\)/);
    expect(err).toMatch(/Remedy: connect this machine/);
    expect(await readdir(join(checkout.folder, '.cache'))).toEqual(['node']);
  });

  it("installs without a network from npm's cache", async () => {
    await using checkout = await freshCheckout();
    await start([checkout.setup, ...print], checkout.env).ended;
    await rm(join(checkout.folder, 'node_modules'), { recursive: true });
    await checkout.closeRegistry();
    const { code } = await start([checkout.setup, ...print], checkout.env).ended;
    expect(code).toBe(0);
    expect(checkout.has('native')).toBe(true);
  });

  it('uses a cache of its own where that of npm cannot be written', async () => {
    await using checkout = await freshCheckout();
    // A folder in which not even root can make files.
    const cache = join(checkout.folder, 'package.json/npm-cache');
    const env = { ...checkout.env, npm_config_cache: cache };
    const { code, err } = await start([checkout.setup, ...print], env).ended;
    expect(err).toContain(`npm's cache ${cache} cannot be written`);
    expect(code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends at once on %s, and goes on the next time', async (signal) => {
    await using checkout = await freshCheckout();
    const { child, ended } = start([checkout.setup, ...print], checkout.env);
    // No answer: npm waits, until the signal ends it.
    await new Promise<void>((asked) => {
      checkout.answer = () => {
        asked();
        return true;
      };
    });
    child.kill(signal);
    const { code, out, err } = await ended;
    expect([code, out]).toEqual([128 + constants.signals[signal], '']);
    expect(err).toContain(`ended by ${signal}`);
    expect(await readdir(join(checkout.folder, '.cache'))).toEqual(['node']);
    checkout.answer = () => false;
    expect(await start([checkout.setup, ...print], checkout.env).ended).toMatchObject({ code: 0 });
  });

  it('leaves no npm behind when it is killed, and goes on the next time', async () => {
    await using checkout = await freshCheckout();
    const { child, ended } = start([checkout.setup, ...print], checkout.env);
    const gone = new Promise<void>((done) => {
      checkout.answer = (_, response) => {
        // The connection of npm closes when npm is gone.
        response.on('close', done);
        child.kill('SIGKILL');
        return true;
      };
    });
    await ended;
    await gone;
    checkout.answer = () => false;
    expect(await start([checkout.setup, ...print], checkout.env).ended).toMatchObject({ code: 0 });
  });

  it('installs once where two begin at the same time', async () => {
    await using checkout = await freshCheckout();
    const both = [1, 2].map(() => start([checkout.setup, ...print], checkout.env).ended);
    expect((await Promise.all(both)).map(({ code }) => code)).toEqual([0, 0]);
    expect(
      checkout.asked
        .filter(({ file }) => file)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['native', 'plain']);
  });
});

describe('two set-ups at once', () => {
  /** Writes down when it begins and ends its turn. */
  const worker = (name: string) => `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { inTurn } from ${JSON.stringify(turn)};
    await inTurn(${JSON.stringify(folder)}, async () => {
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} begins\\n');
      await sleep(150);
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} ends\\n');
    });`;
  const work = (name: string): Promise<Ended> => start(['--input-type=module', '-e', worker(name)]).ended;

  it('work one after the other, and leave nothing behind', async () => {
    const ended = await Promise.all(['a', 'b', 'c', 'd'].map(work));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const lines = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(8);
    for (let at = 0; at < lines.length; at += 2) {
      expect(lines[at + 1]).toBe(lines[at]?.replace('begins', 'ends'));
    }
    expect(await readdir(join(folder, '.cache'))).toEqual([]);
  });

  it('are not held up by one that is gone', async () => {
    const gone = start(['-e', '']);
    await gone.ended;
    await work('first');
    await writeFile(join(folder, '.cache', 'setup.turn'), String(gone.child.pid));
    expect(await work('second')).toMatchObject({ code: 0, err: '' });
  });

  it('are not held up by another program that has the number of one that is gone', async () => {
    await work('first');
    await writeFile(join(folder, '.cache', 'setup.turn'), `${process.pid} 1`);
    expect(await work('second')).toMatchObject({ code: 0, err: '' });
  });
});
