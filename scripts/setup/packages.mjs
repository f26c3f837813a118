import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { quiet, say, SetupError, tail } from './shell.mjs';
import { inTurn } from './turn.mjs';

/** Makes node_modules match package-lock.json. */
export async function ensurePackages(root) {
  if (packagesMatch(root)) return;
  await inTurn(root, async () => {
    // The one we waited for may have done it.
    if (packagesMatch(root)) return;
    say('installing the npm packages of package-lock.json');
    // --include=dev: the tools are wanted even where NODE_ENV is "production". --loglevel: no warnings about the old
    // Node that runs npm, since the project runs on its own.
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
    const { code, output } = await quiet('npm', args, { cwd: root, env: npmEnvironment() });
    if (code !== 0) throw new SetupError(`npm ci failed:${reason(output)}`);
  });
}

/** Makes sure that node_modules/.bin/node is the Node that package.json pins. */
export async function ensureNode(root) {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  if (await isNode(root, wanted)) return;
  await inTurn(root, async () => {
    if (await isNode(root, wanted)) return;
    // Its install script fetches the binary for this machine; npm settings such as ignore-scripts suppress it.
    say(`fetching Node ${wanted}`);
    const env = npmEnvironment();
    const rebuilt = await quiet('npm', ['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'], {
      cwd: root,
      env,
    });
    if (await isNode(root, wanted)) return;
    const cwd = join(root, 'node_modules', 'node');
    const direct = await quiet('node', ['installArchSpecificPackage.js'], { cwd, env });
    if (await isNode(root, wanted)) return;
    throw new SetupError(
      `Node ${wanted} could not be installed from the npm package "node".${tail(rebuilt.output)}${tail(direct.output)}`,
    );
  });
}

/**
 * Whether what npm last installed is what the lock file wants. npm keeps its own record beside the packages, so an
 * `npm install` by hand counts too; a package that is optional may be missing (it is for another platform).
 */
function packagesMatch(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  const same = (path) =>
    present[path]?.version === wanted[path]?.version && present[path]?.integrity === wanted[path]?.integrity;
  return (
    Object.keys(present).every((path) => path in wanted && same(path)) &&
    Object.keys(wanted).every((path) => path === '' || path in present || wanted[path].optional === true)
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function isNode(root, version) {
  const { code, output } = await quiet(join(root, 'node_modules', '.bin', 'node'), ['--version']);
  return code === 0 && output.trim() === `v${version}`;
}

/** npm must not run by the Node that it is about to replace, nor take over settings of the npm script we are in. */
function npmEnvironment() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(key)),
  );
  const folders = (process.env.PATH ?? '').split(delimiter);
  env.PATH = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
  return env;
}

/** Why npm failed: its first words on that; further down it explains its own options. */
function reason(output) {
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!) ./.test(line));
  return errors.length > 0 ? tail(errors.slice(0, 12).join('\n')) : tail(output);
}
