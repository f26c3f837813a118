import { spawn } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { installNode, nodeIsRight } from './node.mjs';
import { npmOfMachine } from './npm.mjs';
import { installPackages, packagesMatch } from './packages.mjs';
import { installServers, missingServers } from './servers.mjs';
import { exitCodeOf, Interrupted, isExecutable, onInterrupt, say, SetupError, SIGNALS, tied } from './shell.mjs';
import { inTurn } from './turn.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const usage = 'usage: node scripts/setup.mjs [--no-servers] -- <command> [arguments]';

try {
  const { servers, command } = readArguments(process.argv.slice(2));
  const release = onInterrupt();
  await setUp(servers);
  release();
  if (command.length > 0) process.exitCode = await run(command);
} catch (error) {
  if (!(error instanceof SetupError) && !(error instanceof Interrupted)) throw error;
  say(error.message);
  process.exitCode = error instanceof Interrupted ? exitCodeOf(null, error.signal) : 1;
}

function readArguments(args) {
  const split = args.indexOf('--');
  const options = split < 0 ? args : args.slice(0, split);
  const unknown = options.find((option) => option !== '--no-servers');
  if (unknown !== undefined) throw new SetupError(`unknown option ${unknown}; ${usage}`);
  return { servers: !options.includes('--no-servers'), command: split < 0 ? [] : args.slice(split + 1) };
}

/** Installs what is missing. What only a person can do is reported first, before anything is fetched. */
async function setUp(servers) {
  const missing = async () => (servers ? missingServers() : []);
  const complete = async () => packagesMatch(root) && (await nodeIsRight(root));
  if ((await missing()).length === 0 && (await complete())) return;
  await inTurn(root, async () => {
    const began = Date.now();
    // Asked again: the set-up that this one waited for may have installed everything.
    const wanted = await missing();
    const npm = (await complete()) ? undefined : await npmOfMachine(root);
    if (wanted.length > 0) await installServers(wanted, npm?.trouble);
    if (npm) {
      if (npm.trouble !== undefined) say(npm.trouble);
      const runtime = await installNode(root, npm);
      await installPackages(root, runtime);
      await runtime.link();
    }
    if (wanted.length > 0 || npm) say(`done in ${Math.round((Date.now() - began) / 1000)} s`);
  });
}

/** Runs the command in the foreground, without a shell, and returns its exit code (128 + n when signal n ended it). */
function run([name, ...args]) {
  // Debian keeps servers in /usr/sbin, which is not on every user's PATH.
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'];
  const env = { ...process.env, PATH: path.join(delimiter) };
  // An end of this process that it cannot see coming (SIGKILL) ends the command too.
  const [file, ...rest] = tied([locate(name, env.PATH), ...args]);
  return new Promise((done, fail) => {
    const child = spawn(file, rest, { stdio: 'inherit', env });
    const forward = forwarder(child);
    for (const signal of SIGNALS) process.on(signal, forward);
    const watch = watchNpm(() => child.kill('SIGTERM'));
    child.on('error', (error) => fail(new SetupError(`${name} cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of SIGNALS) process.off(name, forward);
      done(exitCodeOf(code, signal));
    });
  });
}

function forwarder(child) {
  const last = {};
  return (signal) => {
    // Ctrl-C in a terminal reaches the whole foreground group; a second copy would mean "leave at once".
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    // The same signal from npm and from whoever signalled the whole group is one signal.
    const now = Date.now();
    if (now - (last[signal] ?? -Infinity) < 250) return;
    last[signal] = now;
    child.kill(signal);
  };
}

/** npm hands on SIGINT and SIGTERM only: where another signal ended npm, the command ends too. */
function watchNpm(end) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 300);
  return watch;
}

/** The file behind a command's name, so that a missing one is reported plainly. */
function locate(name, path) {
  if (name.includes('/')) return resolve(name);
  const file = path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (file === undefined) throw new SetupError(`there is no command ${name}`);
  return file;
}
