/**
 * Sets up a fresh clone of the last commit with Node 18 and npm 9, those of Debian 12, first on the PATH, and runs one
 * test file in it:
 *
 *     node scripts/fresh-clone.mjs
 *
 * Needs git, and nats-server and mosquitto or the right to install them. Fails if the set-up did not start on Node 18.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quiet, say, SetupError, tail } from './setup/shell.mjs';

const NODE = '18.20.8';
const NPM = '9.2.0';
/** Small, and needs the native packages of the test runner. */
const TEST = 'test/unit/contract/fqn.test.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = await mkdtemp(join(tmpdir(), 'seeqdrv-clone-'));
try {
  const env = await oldNode();
  const clone = join(work, 'clone');
  await must('git', ['clone', '--quiet', '--no-local', root, clone]);
  await freshSetUp(clone, env);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`fresh clone: ${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}

/** An environment in which `node` and `npm` are the old ones, and no other Node is ahead of them. */
async function oldNode() {
  const folder = join(root, '.cache', `node-${NODE}`);
  const modules = join(folder, 'node_modules');
  const carrier = `node-${process.platform}-${process.arch}`;
  if (!existsSync(join(modules, '.package-lock.json'))) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    say(`fetching Node ${NODE} and npm ${NPM}`);
    const packages = [`${carrier}@${NODE}`, `npm@${NPM}`];
    await must('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--no-engine-strict', ...packages], folder);
  }
  const own = join(root, 'node_modules');
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.startsWith(own));
  // What npm tells the scripts that it runs names the Node of this run.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_(?!config_)|^NODE$/.test(key)));
  env.PATH = [join(modules, '.bin'), ...path].join(delimiter);
  for (const [program, version] of [
    ['node', `v${NODE}`],
    ['npm', NPM],
  ]) {
    const found = (await must(program, ['--version'], work, env)).trim();
    if (found !== version) throw new SetupError(`${program} is ${found} instead of ${version}`);
  }
  return env;
}

async function freshSetUp(clone, env) {
  say('npm test in a fresh clone');
  const output = await must('npm', ['test', '--', TEST], clone, env);
  if (!output.includes(`this machine's Node is ${NODE}`))
    throw new SetupError(`Node ${NODE} was not used:${tail(output)}`);
  mustHaveRun(output);
}

function mustHaveRun(output) {
  if (!/Test Files.*\b1 passed/.test(output)) throw new SetupError(`the test file was not run:${tail(output)}`);
  console.log(tail(output, 8));
}

async function must(file, args, cwd = work, env = process.env) {
  const { code, output } = await quiet(file, args, { cwd, env, doing: [file, ...args.slice(0, 2)].join(' ') });
  if (code !== 0) throw new SetupError(`${[file, ...args].join(' ')} ended with exit code ${code}:${tail(output, 40)}`);
  return output;
}
