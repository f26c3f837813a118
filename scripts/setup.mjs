/**
 * Makes this machine able to run the project, then runs a command in that setting:
 *
 *     node scripts/setup.mjs [--no-servers] -- <command> [arguments]
 *
 * Needs only npm and some Node (18 or newer): packages come from package-lock.json, Node 24 from the npm package
 * `node`, nats-server and mosquitto from the system (`--no-servers` leaves them out). Where all is there already, it
 * says nothing and costs a few hundredths of a second. Ends with the exit code of the command.
 */
import { constants } from 'node:os';
import { spawn } from 'node:child_process';
import { accessSync, constants as modes } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, ensureNode } from './setup/packages.mjs';
import { ensureServers } from './setup/servers.mjs';
import { SetupError } from './setup/shell.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usage = 'usage: node scripts/setup.mjs [--no-servers] -- <command> [arguments]';

try {
  const { servers, command } = readArguments(process.argv.slice(2));
  await ensurePackages(root);
  await ensureNode(root);
  if (servers) await ensureServers();
  if (command.length > 0) process.exitCode = await run(command);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}

function readArguments(args) {
  const split = args.indexOf('--');
  const options = split < 0 ? args : args.slice(0, split);
  const unknown = options.find((option) => option !== '--no-servers');
  if (unknown !== undefined) throw new SetupError(`unknown option ${unknown}; ${usage}`);
  return { servers: !options.includes('--no-servers'), command: split < 0 ? [] : args.slice(split + 1) };
}

/** Runs the command in the foreground, without a shell, and gives its exit code (128 + n when signal n ended it). */
function run([name, ...args]) {
  // Debian keeps servers in /usr/sbin, which is not on every user's PATH.
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'];
  const env = { ...process.env, PATH: path.join(delimiter) };
  const file = locate(name, env.PATH);
  return new Promise((done, fail) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    const forward = (signal) => {
      // Ctrl-C in a terminal reaches the whole foreground group; a second copy would mean "leave at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.on('error', (error) => fail(new SetupError(`${name} cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      done(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** The file behind a command's name, so that a missing one is said plainly. */
function locate(name, path) {
  if (name.includes('/')) return resolve(name);
  for (const folder of path.split(delimiter)) {
    try {
      const file = join(folder, name);
      accessSync(file, modes.X_OK);
      return file;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  throw new SetupError(`there is no command ${name}`);
}
