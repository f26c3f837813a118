import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isExecutable, quiet, say, SetupError, tail } from './shell.mjs';

/**
 * Which of nats-server and mosquitto the set-up has to install; Debian's packages bear the names of the programs.
 * Throws where only a person can install them.
 */
export async function missingServers() {
  const missing = [];
  if (!natsServerGiven() && !isInstalled('nats-server')) missing.push('nats-server');
  if (!isInstalled('mosquitto')) missing.push('mosquitto');
  if (missing.length > 0 && (await rootPrefix()) === undefined) {
    throw new SetupError(`${missing.join(' and ')} cannot be found, and installing needs root. ${byHand(missing)}`);
  }
  return missing;
}

/**
 * Installs servers of `missingServers`.
 * @param trouble why this machine has no network, as far as known
 */
export async function installServers(missing, trouble) {
  if (trouble !== undefined) {
    throw new SetupError(
      `${trouble}, and ${missing.join(' and ')} must be installed. ` +
        'Remedy: connect this machine, and run the same command again.',
    );
  }
  const names = missing.join(' and ');
  const asRoot = await rootPrefix();
  const doing = `installing ${names} with apt-get`;
  say(doing);
  // Without a fresh list a mirror may no longer have the version; a list that cannot be fetched may still do.
  const list = await apt(asRoot, ['update'], { doing: `${doing}: reading the mirror's list` });
  const install = ['install', '-y', '--no-install-recommends'];
  const fetched = await apt(asRoot, [...install, '--download-only', ...missing], { doing: `${doing}: fetching` });
  // A signal does not end this part: half unpacked, the packages would have to be mended by hand.
  const { code, output } =
    fetched.code === 0
      ? await apt(asRoot, [...install, ...missing], { doing: `${doing}: unpacking`, whole: true })
      : fetched;
  if (code !== 0) throw new SetupError(`apt-get failed:${tail(list.output, 5)}${tail(output)}\n    ${byHand(missing)}`);
  const still = missing.filter((name) => !isInstalled(name));
  if (still.length > 0) throw new SetupError(`apt-get did not bring ${still.join(' and ')}; ${byHand(still)}`);
}

/** What a person has to do. */
function byHand(missing) {
  const programs = missing.join(' ');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  const command = existsSync('/usr/bin/apt-get')
    ? `${sudo}apt-get update && ${sudo}apt-get install -y ${programs}`
    : `brew install ${programs}, or the like`;
  return `Please run\n\n    ${command}\n\nand then the same command again.`;
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

/** What to write before a command so that root runs it, or undefined if that would need a password or has no apt-get. */
async function rootPrefix() {
  if (!existsSync('/usr/bin/apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  return (await quiet('sudo', ['-n', 'true'])).code === 0 ? ['sudo', '-n'] : undefined;
}

function apt(asRoot, args, options) {
  const [file, ...rest] = [
    ...asRoot,
    // SYSTEMD_OFFLINE: the packages bring services, which a test machine does not want started on the usual ports.
    ...['env', 'DEBIAN_FRONTEND=noninteractive', 'SYSTEMD_OFFLINE=1', 'apt-get', '-q'],
    // A lock held by another apt-get is waited for; a mirror that is gone is not.
    ...['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=1'],
    ...['-o', 'Acquire::http::Timeout=10', '-o', 'Acquire::https::Timeout=10'],
  ];
  return quiet(file, [...rest, ...args], options);
}
