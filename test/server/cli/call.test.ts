/** `call` and `watch` as other machines and scripts use them: without a configuration, with exit codes, in pipes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerRights } from '../../../src/bus/rights.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../../support/cluster.ts';
import { COMPILE_CACHE } from '../../../simulators/support/compile-cache.ts';
import { driverUser, permissionsOf } from '../../support/driver-user.ts';
import { createUserKey } from '../../support/nats/index.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const INBOX = '_INBOX_scripts';
const FAST = `seeq:plant-a/signal/${plantItemId('plant-a', 'Special Cases >> Signals >> Fast')}`;
const USE = { reqtopic: REQUEST_TOPIC, topics: [] };

let cluster: Cluster;
let folder: string;
/** Nothing but what the command line has. */
let access: string[];
const script = createUserKey();

beforeAll(async () => {
  cluster = await startCluster({ plants: { 'plant-a': {}, 'plant-b': {} } });
  const { caller, driverKey, nats, authority } = cluster;
  await nats.reload({
    users: [
      caller,
      driverUser({ reqtopic: REQUEST_TOPIC, publickey: driverKey.publicKey }, [INBOX, '_INBOX']),
      { publicKey: script.publicKey, permissions: permissionsOf(callerRights(USE, INBOX)) },
    ],
  });
  await cluster.ready();
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-call-'));
  const files = { 'script.nk': script.seed, 'driver.nk': driverKey.seed, 'ca.pem': authority.caPem };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });
  const url = `tls://${nats.host}:${nats.port}`;
  access = ['--nats', url, '--nkey', join(folder, 'script.nk'), '--ca', join(folder, 'ca.pem')];
  access.push('--topic', REQUEST_TOPIC, '--inbox', INBOX);
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

async function command(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, { out: (line) => out.push(line), err: (line) => err.push(line), env: {} });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('without a configuration', () => {
  it('asks and watches with the rights of a caller, and no others', async () => {
    expect(await command('call', 'version', ...access)).toMatchObject({ code: 0, err: '' });
    const watched = await command('watch', FAST, '--count', '1', ...access);
    expect(watched).toMatchObject({ code: 0, err: '', out: expect.stringContaining('mm/s') as string });
  });

  it('says which right is missing, and what to do', async () => {
    const others = access.filter((_, at) => at < access.length - 2);
    for (const args of [
      ['call', 'version'],
      ['watch', FAST],
    ]) {
      const { code, err } = await command(...args, ...others);
      expect([code, err]).toEqual([1, expect.stringMatching(/to subscribe to "_INBOX\..*--inbox/)]);
    }
    const asDriver = access.map((word) => word.replace('script.nk', 'driver.nk'));
    const { code, err } = await command('call', 'version', ...asDriver);
    expect([code, err]).toEqual([1, expect.stringMatching(/does not allow user U.*--caller/)]);
  });

  it.each<[string[], RegExp]>([
    [['--nats', 'localhost'], /--nkey: is missing.*\n--topic: is missing/],
    [['--nats', 'http://x', '--topic', 't'], /--nats: scheme http:\/\/ is not supported/],
    [['--nats', 'x', '-c', 'file'], /cannot be used with option/],
    [['--nats', 'tls://x', '--insecure'], /--insecure: has no effect/],
    [['--nats', 'nats://x', '--insecure', '--ca', 'x.pem'], /--ca: is for TLS/],
    [['--nats', 'x', '--nkey', '/nowhere'], /--nkey: the file \/nowhere does not exist/],
    [['--nats', 'x', '--topic', 'a b'], /--topic: must hold no spaces/],
    [['--nats', 'x', '--ca', '/nowhere'], /--ca: the file \/nowhere does not exist/],
    [['-c', '/nowhere'], /say with --nats, --nkey and --topic where to ask/],
  ])('refuses %j', async (args, reason) => {
    for (const name of ['call', 'watch']) {
      const { code, out, err } = await command(name, 'version', ...args);
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(reason)]);
    }
  });

  it('says that an option of --nats does nothing without it', async () => {
    const { code, err } = await command('call', 'version', '-c', cluster.driver.configFile, '--ca', 'x.pem');
    expect([code, err]).toEqual([
      2,
      '--ca: belongs to --nats. Without --nats the connection is that of the configuration.',
    ]);
  });
});

describe('the exit code', () => {
  it('says that an answer is partial', async () => {
    const params = JSON.stringify({ items: [FAST, 'seeq:plant-a/signal/none'] });
    const { code, out } = await command('call', 'snapshot', params, ...access);
    expect([code, JSON.parse(out)]).toEqual([3, expect.objectContaining({ status: 'partial' })]);
  });

  it('says that a server is not up', async () => {
    expect((await command('call', 'hosts', ...access)).code).toBe(0);
    await cluster.plants['plant-b']?.control.set({ down: true });
    const { code, out } = await command('call', 'hosts', ...access);
    await cluster.plants['plant-b']?.control.set({ down: false });
    expect([code, JSON.parse(out)]).toEqual([4, expect.objectContaining({ status: 'ok' })]);
  });

  it('is documented for each of them', async () => {
    expect((await command('--help')).out).toMatch(/0 .*1 .*2 .*3 .*4 /s);
    expect((await command('call', '--help')).out).toMatch(/Exit codes: 0 .*1 .*2 .*3 .*4 /);
    expect((await command('watch', '--help')).out).toMatch(/Exit codes: 0 .*1 .*2 /);
  });
});

/** Runs a command as a process whose reader closes the given pipe before anything is written. */
async function withClosed(pipe: 'stdout' | 'stderr', ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...COMPILE_CACHE, ...process.env },
  });
  child[pipe].destroy();
  const other = text(pipe === 'stdout' ? child.stderr : child.stdout);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, other: await other };
}

describe('a closed pipe', () => {
  const commands = (): [string, string[]][] => [
    ['help', ['--help']],
    ['version', ['--version']],
    ['help of a command', ['watch', '--help']],
    ['call', ['call', 'functions', ...access]],
    ['call --compact', ['call', 'functions', '--compact', ...access]],
    ['watch', ['watch', FAST, '--interval', '1000', ...access]],
    ['check', ['check', '-c', cluster.driver.configFile]],
    ['map', ['map', '-t', 'a/b', '-p', '1', '-m', join(folder, 'mapping.json')]],
    ['permissions', ['permissions', '-c', cluster.driver.configFile]],
    ['keygen', ['keygen', '-d', folder, '-f']],
  ];

  it('ends every command quietly, as it does other programs', async () => {
    await writeFile(join(folder, 'mapping.json'), JSON.stringify({ filter: 'a/#', payload: 'number' }));
    for (const [name, args] of commands()) {
      const { code, other } = await withClosed('stdout', ...args);
      // Some write notes to standard error; none a stack.
      expect([name, code, other], other).toEqual([name, 141, expect.not.stringMatching(/EPIPE|node:|^\s+at /m)]);
    }
  });

  it('of standard error changes nothing else', async () => {
    expect(await withClosed('stderr', 'check', '-c', '/nowhere')).toEqual({ code: 2, other: '' });
    expect(await withClosed('stderr', 'nope')).toEqual({ code: 2, other: '' });
    expect((await withClosed('stderr', 'keygen', '-d', folder, '-f')).code).toBe(0);
  });
});
