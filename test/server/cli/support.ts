/** A cluster, and a person with a saved context and the rights of a caller. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callerRights } from '../../../src/bus/rights.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { COMPILE_CACHE } from '../../../simulators/support/compile-cache.ts';
import { type Cluster, type ClusterOptions, REQUEST_TOPIC, startCluster } from '../../support/cluster.ts';
import { driverUser, permissionsOf } from '../../support/driver-user.ts';
import { createUserKey } from '../../support/nats/index.ts';

const INBOX = '_INBOX_people';
/** A busy machine is slow. */
const PATIENT = { IOTA_SEEQDRV_COMPLETION_MS: '60000' };

/** A person at a command line. */
export interface Person {
  readonly cluster: Cluster;
  /** XDG_CONFIG_HOME, with the key `person.nk`. */
  readonly folder: string;
  /** The options that the context `site-a` replaces. */
  readonly access: readonly string[];
  /** Runs a command and returns what it prints. */
  command(...args: string[]): Promise<{ code: number; out: string; err: string }>;
  /** The environment of a shell in which the program is installed and the context is in use. */
  shell(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts the parts and saves the context, which is the one in use. */
export async function startPerson(options: ClusterOptions): Promise<Person> {
  const cluster = await startCluster(options);
  const { caller, driverKey, nats, authority } = cluster;
  const key = createUserKey();
  const rights = callerRights({ reqtopic: REQUEST_TOPIC, topics: [] }, INBOX);
  await nats.reload({
    users: [
      caller,
      driverUser({ reqtopic: REQUEST_TOPIC, publickey: driverKey.publicKey }, [INBOX, '_INBOX']),
      { publicKey: key.publicKey, permissions: permissionsOf(rights) },
    ],
  });
  await cluster.ready();
  const folder = await mkdtemp(join(tmpdir(), 'seeqdrv-person-'));
  await writeFile(join(folder, 'person.nk'), key.seed, { mode: 0o600 });
  await writeFile(join(folder, 'ca.pem'), authority.caPem);
  const access = ['--nats', `tls://${nats.host}:${nats.port}`, '--nkey', join(folder, 'person.nk')];
  access.push('--ca', join(folder, 'ca.pem'), '--topic', REQUEST_TOPIC, '--inbox', INBOX);
  const command = async (...args: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const env = { XDG_CONFIG_HOME: folder, ...PATIENT };
    const code = await runProgram(args, { out: (line) => out.push(line), err: (line) => err.push(line), env });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const saved = await command('context', 'save', 'site-a', ...access, '--time-zone', 'Europe/Berlin');
  if (saved.code !== 0) throw new Error(saved.err);
  return {
    ...{ cluster, folder, access, command },
    shell: () => shellOf(folder),
    stop: async () => {
      await cluster.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

async function shellOf(folder: string): Promise<Record<string, string>> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const program = join(bin, 'iota-seeqdrv');
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  await chmod(program, 0o755);
  return {
    ...process.env,
    ...COMPILE_CACHE,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    XDG_CONFIG_HOME: folder,
    LANG: 'C.UTF-8',
    ...PATIENT,
  };
}
