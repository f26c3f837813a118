import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clean } from './npm.mjs';
import { say, SetupError } from './shell.mjs';

/**
 * What packages can name as their machine, in npm's words.
 * @typedef {{ os: string, cpu: string, libc?: string }} Machine
 */

let known;

/** @returns {Machine} */
export function machine() {
  known ??= { os: process.platform, cpu: process.arch, ...(process.platform === 'linux' ? { libc: libc() } : {}) };
  return known;
}

/** The C library that this Node is linked against. */
function libc() {
  // Without this the report looks up the names of all open connections.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/**
 * Whether node_modules holds every package that package-lock.json names for this machine, and no other. npm's own
 * record beside the packages says what is installed, so an `npm install` by hand counts too.
 */
export function packagesMatch(root) {
  const lock = readJson(join(root, 'package-lock.json'));
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!lock || !installed) return false;
  return (
    missingPackages(root, lock, installed).length === 0 && Object.keys(installed).every((path) => path in lock.packages)
  );
}

/** Makes node_modules match package-lock.json. */
export async function installPackages(root, npm) {
  if (packagesMatch(root)) return;
  const lock = readJson(join(root, 'package-lock.json'));
  if (!lock) throw new SetupError('package-lock.json is missing or broken. Remedy: git checkout package-lock.json');
  const doing = 'installing the npm packages';
  const total = wantedPackages(lock, machine()).length;
  const record = join(root, 'node_modules', '.package-lock.json');
  for (const again of [false, true]) {
    // Without its record an installation that is interrupted cannot pass for a complete one.
    rmSync(record, { force: true });
    await clean(npm, root, { doing: again ? `${doing} again` : doing, total });
    if (packagesMatch(root)) return;
    // npm is silent about an optional package that it could not fetch.
    const missing = missingPackages(root, lock, readJson(record)?.packages ?? {});
    const names = missing.map((path) => path.replace(/^.*node_modules\//, '')).join(', ');
    if (again || missing.length === 0) {
      throw new SetupError(
        `npm ci left out packages that this machine needs: ${names || 'none by name, but its record differs from the lock file'}.\n` +
          '    Remedy: see "npm config list" for settings that leave packages out (omit, os, cpu, libc); ' +
          'then "rm -rf node_modules", and run the same command again.',
      );
    }
    say(`npm left out ${names}`);
  }
}

/** The packages that this machine needs and that are not installed, by their paths. */
function missingPackages(root, lock, installed) {
  return wantedPackages(lock, machine()).filter(
    (path) =>
      installed[path]?.version !== lock.packages[path].version ||
      installed[path]?.integrity !== lock.packages[path].integrity ||
      !existsSync(join(root, path, 'package.json')),
  );
}

/**
 * The paths of all packages that a lock file names for a machine: what npm reaches from the root and the workspaces,
 * without the optional packages that are for other machines.
 *
 * @param {Machine} where
 */
export function wantedPackages({ packages }, where) {
  const workspaces = Object.entries(packages).filter(([, { link }]) => link);
  const reached = new Set(workspaces.map(([path]) => path));
  const open = ['', ...workspaces.map(([, { resolved }]) => resolved)];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (const name of dependenciesOf(packages[from], !from.includes('node_modules/'))) {
      const path = find(packages, from, name);
      if (path === undefined || reached.has(path) || !isFor(packages[path], where)) continue;
      reached.add(path);
      open.push(path);
    }
  }
  return [...reached];
}

function dependenciesOf(entry, isOurs) {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} } = entry;
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta[name]?.optional);
  return [...Object.keys({ ...dependencies, ...(isOurs ? devDependencies : {}), ...optionalDependencies }), ...peers];
}

/** As Node finds a package: in the node_modules of the folder, else in those of the folders above. */
function find(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (at === '') return undefined;
  }
}

function isFor(entry, where) {
  return ['os', 'cpu', 'libc'].every((key) => allows(entry[key], where[key]));
}

/** npm's rule for `os`, `cpu` and `libc`: a list of names, where "!" before a name excludes it. */
function allows(list, value) {
  if (list === undefined) return true;
  const names = [list].flat();
  if (names.includes(`!${value}`)) return false;
  return names.includes(value) || names.includes('any') || names.every((name) => name.startsWith('!'));
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
