import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { quiet, say, SetupError, tail } from './shell.mjs';

/** Makes sure that nats-server and mosquitto can be started; Debian's packages bear the names of the programs. */
export async function ensureServers() {
  const missing = [];
  if (!natsServerGiven() && !isInstalled('nats-server')) missing.push('nats-server');
  if (!isInstalled('mosquitto')) missing.push('mosquitto');
  if (missing.length === 0) return;
  const names = missing.join(' and ');
  const byHand = `please install ${names}: apt-get install ${missing.join(' ')}, brew install ${missing.join(' ')}, or the like`;
  const asRoot = existsSync('/usr/bin/apt-get') ? await rootPrefix() : undefined;
  if (!asRoot) throw new SetupError(`${names} cannot be found; ${byHand}`);
  say(`installing ${names} with apt-get`);
  await apt(asRoot, ['update'], byHand);
  await apt(asRoot, ['install', '-y', '--no-install-recommends', ...missing], byHand);
  const still = missing.filter((name) => !isInstalled(name));
  if (still.length > 0) throw new SetupError(`apt-get did not bring ${still.join(' and ')}; ${byHand}`);
}

/** Whether the variable NATS_SERVER names the program to use instead of the system's. */
function natsServerGiven() {
  const file = process.env.NATS_SERVER;
  if (!file) return false;
  if (!isExecutable(file)) {
    throw new SetupError(`the variable NATS_SERVER names ${file}, which is not a program that can be run`);
  }
  return true;
}

function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What to write before a command so that root runs it, or undefined if that would need a password. */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return (await quiet('sudo', ['-n', 'true'])).code === 0 ? ['sudo', '-n'] : undefined;
}

async function apt(asRoot, args, byHand) {
  // SYSTEMD_OFFLINE: the packages bring services, which a test machine does not want started on the usual ports.
  // A lock held by another apt-get is waited for.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'SYSTEMD_OFFLINE=1'];
  const [file, ...rest] = [...asRoot, ...environment, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...args];
  const { code, output } = await quiet(file, rest);
  if (code !== 0) throw new SetupError(`apt-get ${args[0]} failed; ${byHand}${tail(output)}`);
}
