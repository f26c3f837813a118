/**
 * A whole set-up of real parts that is well: nats-server, a Seeq simulator, mosquitto, an IoT Open simulator. A test
 * breaks one thing in it, runs `check`, and compares every part with that of the set-up that is well.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { reportSchema, type CheckedPart, type CheckReport } from '../../../src/checks/result.ts';
import { EXAMPLE } from '../../../simulators/i3/example.ts';
import { startIotOpen, type IotOpenSimulator } from '../../../simulators/iotopen/simulator.ts';
import { startSeeqSimulator, type SeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { startMosquitto, type Mosquitto } from '../../../simulators/support/mosquitto/index.ts';
import { driverUser } from '../../support/driver-user.ts';
import {
  createAuthority,
  createUserKey,
  startNatsServer,
  type Authority,
  type NatsServer,
  type NatsServerOptions,
  type UserKey,
} from '../../support/nats/index.ts';

/** JSON of a configuration file, which a test may change. */
export type Draft = ReturnType<SetUp['draft']>;

export const TOPIC = 'site.seeq.request';
export const BROKER_USER = { user: 'hall', password: 'hall-password' };
export const ACCESS_KEY = { name: 'simulator-access-key', password: 'simulator-access-secret' };

/** The parts that run. */
export interface Parts {
  readonly folder: string;
  readonly authority: Authority;
  readonly key: UserKey;
  readonly nats: NatsServer;
  readonly seeq: SeeqSimulator;
  readonly broker: Mosquitto;
  readonly iotOpen: IotOpenSimulator;
}

export class SetUp {
  readonly parts: Parts;
  #healthy: CheckReport | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** The configuration of the set-up that is well. */
  draft() {
    return { natsurl: `localhost:${this.parts.nats.port}`, ...configOf(this.parts) };
  }

  /** Runs `check --json` with this configuration. */
  async check(draft: object, ...args: string[]): Promise<{ code: number; report: CheckReport; text: string }> {
    const file = join(this.parts.folder, `config-${++files}.json`);
    await writeFile(file, JSON.stringify(draft));
    const { code, out } = await command(
      'check',
      '--json',
      '--config',
      file,
      '--key',
      join(this.parts.folder, 'key.nk'),
      ...args,
    );
    const text = out.join('\n');
    return { code, report: reportSchema.parse(JSON.parse(text)), text };
  }

  /** The report of the set-up that is well. */
  async healthy(): Promise<CheckReport> {
    this.#healthy ??= (await this.check(this.draft())).report;
    return this.#healthy;
  }

  async stop(): Promise<void> {
    const { folder, ...servers } = this.parts;
    await Promise.all([servers.nats, servers.seeq, servers.broker, servers.iotOpen].map((one) => one.stop()));
    await rm(folder, { recursive: true });
  }
}

let files = 0;

export const command = (...args: string[]) => commandOn({}, ...args);

/** Runs a command line on a terminal of this kind. */
export async function commandOn(kind: Partial<Pick<Terminal, 'env' | 'screen'>>, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env: {}, ...kind };
  return { code: await runProgram(args, terminal), out, err };
}

const configOf = (parts: Omit<Parts, 'nats'>) => ({
  publickey: parts.key.publicKey,
  reqtopic: TOPIC,
  healthtopic: 'site.seeq.health',
  settings: settingsOf(parts),
});

function settingsOf({ seeq, broker, iotOpen }: Pick<Parts, 'seeq' | 'broker' | 'iotOpen'>) {
  return {
    servers: [
      {
        name: 'plant',
        url: seeq.url,
        credentials: { accessKey: { file: 'access.key' }, password: { file: 'access.password' } },
      },
    ],
    bus: { tls: { caFile: 'ca.pem' } },
    ingest: {
      stream: { create: false },
      mqtt: [
        {
          ...{ name: 'hall', url: broker.url(), clientId: 'driver-hall' },
          credentials: { user: BROKER_USER.user, password: { file: 'hall.password' } },
          topics: [{ filter: 'plant/+/temperature' }, { filter: 'plant/+/level', share: 'drivers' }],
        },
      ],
      iotopen: [
        {
          name: 'school',
          url: iotOpen.url,
          credentials: { apiKey: { file: 'iotopen.key' } },
          mqtt: { clientId: 'driver-school' },
        },
      ],
      seneye: {
        host: '127.0.0.1',
        port: 0,
        sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }],
      },
    },
  };
}

/** The options of a nats-server on which the user has exactly the rights that the configuration needs. */
export async function natsOptions(authority: Authority, key: UserKey, config: object): Promise<NatsServerOptions> {
  const draft = config as { publickey: string; reqtopic: string; settings?: object };
  return {
    certificate: await authority.issue(),
    users: [driverUser(draft, ['_INBOX']), ADMIN],
    jetstream: true,
  };
}

/** A user who may do everything. */
export const ADMIN = createUserKey();

/** The files beside the configuration. */
export const filesOf = (authority: Authority, key: UserKey) => ({
  'ca.pem': authority.caPem,
  'key.nk': key.seed,
  'access.key': ACCESS_KEY.name,
  'access.password': ACCESS_KEY.password,
  'hall.password': BROKER_USER.password,
  'iotopen.key': 'key-of-the-driver',
  'seneye.secret': 'seneye-secret',
  'wrong.secret': 'a-wrong-secret',
  'i3.password': EXAMPLE.buyer.password,
});

export async function startSetUp(): Promise<SetUp> {
  const folder = await mkdtemp(join(tmpdir(), 'seeqdrv-check-'));
  const [authority, key] = [await createAuthority(), createUserKey()];
  const texts = filesOf(authority, key);
  await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })));
  const [seeq, broker, iotOpen] = await Promise.all([
    startSeeqSimulator({ port: 0 }),
    startMosquitto({ users: { [BROKER_USER.user]: BROKER_USER.password }, acl: 'topic read plant/#\n' }),
    startIotOpen(),
  ]);
  const parts = { folder, authority, key, seeq, broker, iotOpen };
  const nats = await startNatsServer(await natsOptions(authority, key, configOf(parts)));
  await addStream(nats, authority);
  return new SetUp({ ...parts, nats });
}

/** Makes the stream for readings as the documentation says. */
export async function addStream(nats: NatsServer, authority: Authority, changes: object = {}): Promise<void> {
  const { connect, nkeyAuthenticator, RetentionPolicy } = await import('nats');
  const nc = await connect({
    servers: `localhost:${nats.port}`,
    authenticator: nkeyAuthenticator(Buffer.from(ADMIN.seed)),
    tls: { ca: authority.caPem },
  });
  const manager = await nc.jetstreamManager();
  await manager.streams.add({
    name: 'READINGS',
    subjects: ['iota.readings.>', 'iota.deadletters.>'],
    retention: RetentionPolicy.Limits,
    duplicate_window: 3_600_000_000_000,
    ...changes,
  });
  await nc.close();
}

export type NamedPart = CheckedPart & { readonly group: string };

export const partsOf = ({ groups }: CheckReport): NamedPart[] =>
  groups.flatMap(({ kind, name, parts }) => parts.map((part) => ({ ...part, group: `${kind} ${name}` })));
