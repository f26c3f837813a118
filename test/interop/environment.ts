/**
 * Python environments with pinned packages, kept outside the source tree in `${XDG_CACHE_HOME:-~/.cache}/iota-seeqdrv`
 * and used again as long as their `requirements.txt` is the same.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the person at the machine must mend. */
export class EnvironmentError extends Error {}

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
/** The oldest Python that the pinned packages take. */
const OLDEST = '3.11';
const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];

/** Path of a Python with Seeq's own client. */
export const pythonWithSeeq = (): Promise<string> => pythonWith(REQUIREMENTS);

/** The folder for what is installed once. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'iota-seeqdrv');

/**
 * Path of a Python with the packages of a file, made if it is not there.
 * @throws EnvironmentError when python3 or the packages cannot be had
 */
export async function pythonWith(requirements: string): Promise<string> {
  const python = process.env.PYTHON ?? 'python3';
  const version = await versionOf(python);
  const pinned = await readFile(requirements, 'utf8');
  const key = createHash('sha256').update(`${version}\n${pinned}`).digest('hex').slice(0, 12);
  const home = join(CACHE, `python-${key}`);
  if (await exists(pythonIn(home))) return pythonIn(home);

  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'python-new-'));
  try {
    await make(python, work, requirements);
    // Renamed last, so that the path never holds half an environment.
    await rename(work, home);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    // Another run may have made it meanwhile.
    if (!(await exists(pythonIn(home)))) throw error;
  }
  return pythonIn(home);
}

async function make(python: string, folder: string, requirements: string): Promise<void> {
  console.error(`installing the packages of ${requirements} into ${folder}; this takes a minute`);
  const { code } = await run(python, ['-m', 'venv', '--clear', folder]);
  let pip = [pythonIn(folder), ...PIP];
  if (code !== 0) {
    // Debian ships venv without its own pip unless python3-venv is installed; the pip of the system can stand in.
    const bare = await run(python, ['-m', 'venv', '--clear', '--without-pip', folder]);
    if (bare.code !== 0) throw new EnvironmentError(`no virtual environment; install python3-venv${tail(bare.output)}`);
    pip = [python, ...PIP, '--python', pythonIn(folder)];
  }
  const [program = python, ...args] = pip;
  const install = await run(program, [...args, 'install', '--quiet', '--no-deps', '-r', requirements]);
  if (install.code !== 0) {
    throw new EnvironmentError(
      `the packages of ${requirements} cannot be installed; they need python3-venv or pip 22.3, and a package index${tail(install.output)}`,
    );
  }
}

async function versionOf(python: string): Promise<string> {
  const { code, output } = await run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  if (code !== 0)
    throw new EnvironmentError(`${python} does not run; install Python ${OLDEST} or newer${tail(output)}`);
  const version = output.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least = 0, leastMinor = 0] = OLDEST.split('.').map(Number);
  if (major < least || (major === least && minor < leastMinor)) {
    throw new EnvironmentError(`${python} is Python ${version}; the packages need ${OLDEST} or newer`);
  }
  return version;
}

function pythonIn(folder: string): string {
  return join(folder, 'bin', 'python');
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Runs a program to its end. The code is -1 if it cannot be started. */
export function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    const keep = (part: string): void => {
      output = (output + part).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      done({ code: -1, output: error.message });
    });
    child.on('close', (code) => {
      done({ code: code ?? -1, output });
    });
  });
}

/** The last lines of what a program printed, indented under a message. */
function tail(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-15);
  return lines.map((line) => `\n    ${line}`).join('');
}
