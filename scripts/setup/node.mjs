import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clean } from './npm.mjs';
import { machine, wantedPackages } from './packages.mjs';
import { quiet, say, SetupError, tail } from './shell.mjs';

/** Names the Node and the npm that the project installs with, each by version and hash. */
const lockFolder = join(dirname(fileURLToPath(import.meta.url)), 'node');
const lock = JSON.parse(readFileSync(join(lockFolder, 'package-lock.json'), 'utf8'));

/** The package that carries Node for this machine. They are linked against glibc, though they do not name it. */
function nodePackage() {
  if (machine().libc === 'musl') return undefined;
  return wantedPackages(lock, machine()).find((path) => path.startsWith('node_modules/node-'));
}

/** The version of Node that the project runs on. */
const version = Object.entries(lock.packages).find(([path]) => path.startsWith('node_modules/node-'))[1].version;

/** Where the registry has no Node for this machine, one of the machine's own is used if it is new enough. */
function isUsable(text) {
  if (nodePackage() !== undefined) return text === `v${version}`;
  return Number(/^v(\d+)\./.exec(text)?.[1] ?? 0) >= Number(version.split('.')[0]);
}

/** Whether node_modules/.bin/node runs and is the Node of the project. */
export async function nodeIsRight(root) {
  return isUsable(await versionOf(join(root, 'node_modules', '.bin', 'node')));
}

/**
 * Makes sure that the Node of the project is present, with an npm to install the packages with: an old Node would make
 * npm leave out the optional packages that are too new for it, without a word.
 *
 * @returns {Promise<import('./npm.mjs').Npm & { link: () => void }>} `link` puts that Node into node_modules
 */
export async function installNode(root, npm) {
  const packaged = nodePackage();
  if (packaged === undefined) return nodeOfMachine(root, npm);
  const folder = join(root, '.cache', 'node');
  const node = join(folder, packaged, 'bin', 'node');
  if (!(await isInstalled(folder, node))) {
    if (process.versions.node !== version) {
      say(`this machine's Node is ${process.versions.node}; the project runs on Node ${version}`);
    }
    // Renamed last, so that the folder never holds half of it.
    const work = `${folder}.new`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(lockFolder, file), join(work, file));
    await clean(npm, work, { doing: `fetching Node ${version} and its npm`, total: 2 });
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    if (!(await isInstalled(folder, node))) {
      const { output } = await quiet(node, ['--version']);
      throw new SetupError(
        `the Node that package ${packaged.replace('node_modules/', '')} brought does not run:${tail(output)}`,
      );
    }
  }
  const env = { ...npm.env, PATH: [dirname(node), npm.env.PATH].join(delimiter) };
  const command = [node, join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')];
  return { ...npm, command, env, link: () => putInto(root, node) };
}

async function isInstalled(folder, node) {
  const stamp = join(folder, 'package-lock.json');
  if (
    !existsSync(stamp) ||
    readFileSync(stamp, 'utf8') !== readFileSync(join(lockFolder, 'package-lock.json'), 'utf8')
  ) {
    return false;
  }
  return existsSync(join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')) && isUsable(await versionOf(node));
}

function nodeOfMachine(root, npm) {
  if (!isUsable(process.version)) {
    const { os, cpu, libc } = machine();
    throw new SetupError(
      `the npm registry has no Node ${version} for this machine (${[os, cpu, libc].filter(Boolean).join(', ')}), and its own ` +
        `is ${process.versions.node}. Remedy: install Node ${version.split('.')[0]} or newer, put it first on the PATH, and ` +
        'run the same command again.',
    );
  }
  return { ...npm, link: () => putInto(root, process.execPath) };
}

/** Makes node_modules/.bin/node this Node; a Node that is running meanwhile goes on with its old file. */
function putInto(root, node) {
  const modules = join(root, 'node_modules');
  const bin = join(modules, 'node', 'bin', 'node');
  mkdirSync(dirname(bin), { recursive: true });
  mkdirSync(join(modules, '.bin'), { recursive: true });
  replace(bin, (file) => {
    try {
      linkSync(node, file);
    } catch {
      // Another file system, or hard links are not allowed here.
      copyFileSync(node, file);
      chmodSync(file, 0o755);
    }
  });
  replace(join(modules, '.bin', 'node'), (file) => symlinkSync('../node/bin/node', file));
}

function replace(file, make) {
  const aside = `${file}.new`;
  rmSync(aside, { force: true });
  make(aside);
  renameSync(aside, file);
}

async function versionOf(node) {
  if (!existsSync(node)) return '';
  const { code, output } = await quiet(node, ['--version']);
  return code === 0 ? output.trim() : '';
}
