/**
 * A small IOTA cluster of real parts on this machine: nats-server with TLS and NKeys, Seeq simulators as plants, the
 * driver as its own process, and a second identity that asks. For tests, the demo and the bench.
 */
import { connect, nkeyAuthenticator, type NatsConnection } from 'nats';
import { NoResponse, sendRequest, type ResponseOptions } from '../../src/client/request.ts';
import type { Answer } from '../../src/client/answer.ts';
import { type Client, createClient } from '../../src/client/client.ts';
import type { Request } from '../../src/contract/request.ts';
import type { SimulatorOptions } from '../../simulators/seeq/options.ts';
import { type SpawnedSimulator, spawnSeeqSimulator } from '../../simulators/seeq/spawn.ts';
import { type DriverProcess, type DriverProcessOptions, startDriver } from './driver-process.ts';
import { driverUser } from './driver-user.ts';
import {
  type Authority,
  createAuthority,
  createUserKey,
  type NatsServer,
  type NatsUser,
  startNatsServer,
  type UserKey,
} from './nats/index.ts';

export const REQUEST_TOPIC = 'region.site.seeq.request';

export interface ClusterOptions {
  /** Plants by the name of their connection. */
  plants?: Record<string, SimulatorOptions>;
  /** Laid over the settings of the driver's configuration. */
  settings?: Record<string, unknown>;
  /** Laid over each server of the configuration. */
  server?: Record<string, unknown>;
  /** Laid over the top level of the configuration. */
  config?: Record<string, unknown>;
  maxPayload?: number;
  /** Switches JetStream on. */
  jetstream?: boolean;
  /** Gives the driver's user every right, for tests of what the driver itself refuses. */
  unrestricted?: boolean;
  /** Further files beside the configuration of the driver, such as secrets. */
  files?: Record<string, string>;
  driver?: Pick<DriverProcessOptions, 'env' | 'nodeOptions'>;
}

export interface Cluster {
  readonly nats: NatsServer;
  readonly authority: Authority;
  readonly plants: Record<string, SpawnedSimulator>;
  readonly caller: UserKey;
  readonly driverKey: UserKey;
  /** The driver's user at the server, with the rights that its configuration needs. */
  readonly driverUser: NatsUser;
  driver: DriverProcess;
  /** What the driver was started with; another one can be started from it. */
  readonly driverOptions: DriverProcessOptions;
  /** The caller's own connection. */
  readonly connection: NatsConnection;
  /** The typed client of the caller. */
  readonly client: Client;
  /** Asks as the caller; pieces of series stay as they came. */
  ask(request: Request, options?: ResponseOptions): Promise<Answer>;
  /** A further connection, by default of the caller. */
  connect(key?: UserKey): Promise<NatsConnection>;
  /** Resolves when the driver answers. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** The access key of every simulator that was not told others; see its `--help`. */
const ACCESS_KEY = { name: 'simulator-access-key', password: 'simulator-access-secret' };
const CREDENTIALS = { accessKey: { file: 'access.key' }, password: { file: 'access.password' } };

const BASE_CONFIG = { driverid: 'test-driver', debug: 2, reqtopic: REQUEST_TOPIC };

/** Starts everything and waits until the driver answers; what was started ends when a later part cannot start. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    return await startParts(options, stops);
  } catch (error) {
    await Promise.all(stops.map((stop) => stop()));
    throw error;
  }
}

async function startParts(options: ClusterOptions, stops: (() => Promise<unknown>)[]): Promise<Cluster> {
  const authority = await createAuthority();
  const [caller, driverKey] = [createUserKey(), createUserKey()];
  const { settings = {} } = options;
  const user = driverUser({ ...BASE_CONFIG, publickey: driverKey.publicKey, ...options.config, settings });
  const nats = await startNatsServer({
    certificate: await authority.issue(),
    // The caller is the observer of the tests, too: it may do everything.
    users: [{ publicKey: caller.publicKey }, options.unrestricted === true ? driverKey : user],
    maxPayload: options.maxPayload,
    jetstream: options.jetstream ?? false,
  });
  stops.push(() => nats.stop());
  const plants = await startPlants(options.plants ?? { 'plant-a': {} });
  for (const plant of Object.values(plants)) stops.push(() => plant.stop());
  const driverOptions = driverFor(options, nats, authority, driverKey, plants);
  const connectAs = (key: UserKey = caller): Promise<NatsConnection> =>
    connect({
      servers: `${nats.host}:${nats.port}`,
      tls: { ca: authority.caPem },
      authenticator: nkeyAuthenticator(Buffer.from(key.seed)),
      resolve: false,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
  const connection = await connectAs();
  stops.push(() => connection.close());
  const further: NatsConnection[] = [];
  const cluster: Cluster = {
    nats,
    authority,
    plants,
    caller,
    driverKey,
    driverUser: user,
    driver: startDriver(driverOptions),
    driverOptions,
    connection,
    client: createClient(connection, { topic: REQUEST_TOPIC }),
    ask: (request, askOptions) => sendRequest(connection, REQUEST_TOPIC, request, askOptions),
    connect: async (key) => {
      const nc = await connectAs(key);
      further.push(nc);
      return nc;
    },
    ready: () => ready(cluster),
    stop: async () => {
      await Promise.all([cluster.driver.stop(), ...Object.values(plants).map((plant) => plant.stop())]);
      await Promise.all([connection, ...further].map((nc) => nc.close()));
      await nats.stop();
    },
  };
  stops.push(() => cluster.driver.stop());
  await cluster.ready();
  return cluster;
}

async function startPlants(wanted: Record<string, SimulatorOptions>): Promise<Record<string, SpawnedSimulator>> {
  const started = Object.entries(wanted).map(async ([name, options]) => {
    return [name, await spawnSeeqSimulator({ name, ...options })] as const;
  });
  return Object.fromEntries(await Promise.all(started));
}

/** The configuration of a driver for these plants, as an operator would write it. */
function driverFor(
  options: ClusterOptions,
  nats: NatsServer,
  authority: Authority,
  key: UserKey,
  plants: Record<string, SpawnedSimulator>,
): DriverProcessOptions {
  const { bus, ...settings } = (options.settings ?? {}) as { bus?: object };
  const servers = Object.entries(plants).map(([name, { url }]) => ({
    name,
    url,
    credentials: CREDENTIALS,
    ...options.server,
  }));
  return {
    seed: key.seed,
    files: {
      'ca.pem': authority.caPem,
      'access.key': ACCESS_KEY.name,
      'access.password': ACCESS_KEY.password,
      ...options.files,
    },
    config: {
      ...BASE_CONFIG,
      natsurl: `${nats.host}:${nats.port}`,
      publickey: key.publicKey,
      ...options.config,
      settings: { servers, bus: { tls: { caFile: 'ca.pem' }, ...bus }, ...settings },
    },
    ...options.driver,
  };
}

/** Asks until somebody answers: the server tells at once when nobody listens. */
async function ready(cluster: Cluster): Promise<void> {
  const { driver } = cluster;
  const ended = driver.exited.then(() => {
    throw new Error(`The driver ended instead of answering:\n${driver.output()}`);
  });
  await Promise.race([ended, firstAnswer(cluster)]);
}

async function firstAnswer(cluster: Cluster): Promise<void> {
  for (;;) {
    try {
      await cluster.ask({ function: 'functions' });
      return;
    } catch (error) {
      if (!(error instanceof NoResponse)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
