import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** What the registry is asked for: the description of a package, or its file. */
export type Asked = { readonly name: string; readonly file: boolean };

/**
 * A checkout in which nothing is installed, with the real set-up scripts and packages of its own, and a registry of its
 * own that serves them. It has the Node and npm of this machine where the set-up keeps its own.
 */
export interface FreshCheckout {
  readonly folder: string;
  readonly setup: string;
  readonly env: Readonly<Record<string, string>>;
  readonly asked: readonly Asked[];
  /** Answers instead of the registry where it returns true. */
  answer: (asked: Asked, response: ServerResponse) => boolean;
  readonly has: (name: string) => boolean;
  closeRegistry(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Package `plain` is for all machines, `native` for this kind only, `foreign` for another. */
const machines: Readonly<Record<string, object>> = {
  plain: {},
  native: { os: [process.platform], cpu: [process.arch] },
  foreign: { os: ['aix'], cpu: ['ppc64'] },
};

export async function freshCheckout(): Promise<FreshCheckout> {
  const folder = await mkdtemp(join(tmpdir(), 'seeqdrv-fresh-'));
  const packed: readonly Packed[] = await Promise.all(Object.keys(machines).map((name) => pack(folder, name)));
  cpSync(join(root, 'scripts/setup'), join(folder, 'scripts/setup'), { recursive: true });
  await copyFile(join(root, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'));
  await writeLock(folder, packed);
  await giveNode(folder);

  const asked: Asked[] = [];
  const registry = createServer((request, response) => {
    const [, name = '', file] = /^\/([a-z]+)(\.tgz)?$/.exec(request.url ?? '') ?? [];
    const found = packed.find((each) => each.name === name);
    if (!found) return void response.end('{}');
    const question = { name, file: file !== undefined };
    asked.push(question);
    if (checkout.answer(question, response)) return;
    if (file) return void response.end(found.bytes);
    const dist = { tarball: `${url}/${name}.tgz`, integrity: found.integrity };
    const versions = { '1.0.0': { name, version: '1.0.0', ...machines[name], dist } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const closeRegistry = () =>
    new Promise<void>((done) => {
      registry.close(() => {
        done();
      });
      registry.closeAllConnections();
    });
  const checkout: FreshCheckout = {
    folder,
    setup: join(folder, 'scripts/setup.mjs'),
    env: { npm_config_registry: url, npm_config_cache: join(folder, 'npm-cache'), npm_config_userconfig: '/dev/null' },
    asked,
    answer: () => false,
    has: (name) => existsSync(join(folder, 'node_modules', name, 'package.json')),
    closeRegistry,
    async [Symbol.asyncDispose]() {
      await closeRegistry();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return checkout;
}

interface Packed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly integrity: string;
}

async function pack(folder: string, name: string): Promise<Packed> {
  const source = join(folder, 'sources', name, 'package');
  await mkdir(source, { recursive: true });
  await writeFile(join(source, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...machines[name] }));
  const bytes = execFileSync('tar', ['-cz', '-C', dirname(source), 'package']);
  return { name, bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` };
}

async function writeLock(folder: string, packed: readonly Packed[]): Promise<void> {
  const needs = {
    name: 'fresh',
    dependencies: { plain: '1.0.0' },
    optionalDependencies: { native: '1.0.0', foreign: '1.0.0' },
  };
  const entries = packed.map(({ name, integrity }): [string, object] => [
    `node_modules/${name}`,
    { version: '1.0.0', integrity, ...machines[name], ...(name === 'plain' ? {} : { optional: true }) },
  ]);
  const packages: object = Object.fromEntries([['', needs], ...entries]);
  await writeFile(join(folder, 'package.json'), JSON.stringify(needs));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ name: 'fresh', lockfileVersion: 3, packages }));
}

/** The Node that runs the tests, and the npm that a set-up fetched, else the one of this machine. */
async function giveNode(folder: string): Promise<void> {
  const lock = join(folder, 'scripts/setup/node/package-lock.json');
  const modules = join(folder, '.cache/node/node_modules');
  const bin = join(modules, `node-${process.platform}-${process.arch}`, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(folder, '.cache/node/package-lock.json'), await readFile(lock));
  await symlink(process.execPath, join(bin, 'node'));
  const fetched = join(root, '.cache/node/node_modules/npm');
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  await symlink(existsSync(fetched) ? fetched : join(dirname(realpathSync(npm)), '..'), join(modules, 'npm'));
}
