/**
 * Two replicas of the driver between real parts that can be broken: two Seeq simulators as processes behind them, and a
 * network between each replica and nats-server that can be cut, slowed and half-opened. Callers do not use that network.
 */
import type { NatsConnection } from 'nats';
import { type SpawnedSimulator, spawnSeeqSimulator } from '../../simulators/seeq/spawn.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { type DriverProcess, type DriverProcessOptions, type LogLine, startDriver } from '../support/driver-process.ts';
import { type Proxy, startProxy } from '../support/nats/index.ts';

/** A replica, its way to the bus, and all processes that it has been. */
export class Replica {
  readonly toBus: Proxy;
  readonly lives: DriverProcess[] = [];
  readonly #options: DriverProcessOptions;
  #connected: (() => void)[] = [];

  constructor(toBus: Proxy, options: DriverProcessOptions) {
    this.toBus = toBus;
    this.#options = options;
    this.#start();
  }

  get process(): DriverProcess {
    const last = this.lives.at(-1);
    if (last === undefined) throw new Error('The replica was never started.');
    return last;
  }

  /** Stops the process in order and starts another one; resolves when that one is connected to the bus. */
  async restart(): Promise<void> {
    const connected = this.connects();
    await this.process.stop('SIGTERM');
    this.#start();
    await connected;
  }

  /** Kills the process and starts another one. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
    this.#start();
  }

  /** Resolves when this replica connects to the bus the next time, in this process or the next one. */
  connects(): Promise<void> {
    return new Promise((resolve) => this.#connected.push(resolve));
  }

  #start(): void {
    const process = startDriver(this.#options);
    this.lives.push(process);
    const seen = new Set<LogLine>();
    // Never fits: it only hears every line, and ends with the process.
    process
      .line((line) => {
        if (isConnected(line) && !seen.has(line)) {
          seen.add(line);
          for (const resolve of this.#connected.splice(0)) resolve();
        }
        return false;
      })
      .catch(() => undefined);
  }
}

const isConnected = ({ msg }: LogLine): boolean => msg !== undefined && /^connected to /i.test(msg);

export class Harness {
  readonly cluster: Cluster;
  readonly replicas: readonly [Replica, Replica];
  /** Connections of callers; each is a caller of its own. */
  readonly callers: readonly NatsConnection[];
  readonly #plants: Record<'plant-a' | 'plant-b', SpawnedSimulator>;

  static async start(callers: number): Promise<Harness> {
    const cluster = await startCluster({
      plants: { 'plant-a': {}, 'plant-b': {} },
      // Level 3 has a line for each request that was answered, which tells a lost request from a lost answer.
      config: { debug: 3 },
      settings: { bus: { pingIntervalMs: 200 }, limits: { drainTimeoutMs: 10_000 } },
    });
    try {
      const replicas = [await replicaOf(cluster), await replicaOf(cluster)] as const;
      await Promise.all(replicas.map(({ process }) => process.line(isConnected)));
      // Only the replicas with a network that can be broken serve.
      await cluster.driver.stop();
      const connections = await Promise.all(Array.from({ length: callers }, () => cluster.connect()));
      return new Harness(cluster, [...replicas], connections);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  private constructor(cluster: Cluster, replicas: [Replica, Replica], callers: readonly NatsConnection[]) {
    this.cluster = cluster;
    this.replicas = replicas;
    this.callers = callers;
    const { 'plant-a': a, 'plant-b': b } = cluster.plants;
    if (a === undefined || b === undefined) throw new Error('The cluster has not the two plants.');
    this.#plants = { 'plant-a': a, 'plant-b': b };
  }

  plant(name: 'plant-a' | 'plant-b'): SpawnedSimulator {
    return this.#plants[name];
  }

  /** Kills a plant and starts it again where it was. */
  async restartPlant(name: 'plant-a' | 'plant-b', meanwhile: () => Promise<void>): Promise<void> {
    const { url, controlUrl, pid } = this.plant(name);
    process.kill(pid, 'SIGKILL');
    await meanwhile();
    const portOf = (text: string): number => Number(new URL(text).port);
    this.#plants[name] = await spawnSeeqSimulator({ name, port: portOf(url), controlPort: portOf(controlUrl) });
    this.cluster.plants[name] = this.#plants[name];
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.replicas.map(async ({ toBus, process }) => {
        toBus.resume();
        process.stop('SIGCONT').catch(() => undefined);
        await process.stop('SIGKILL');
        await toBus.stop();
      }),
    );
    await this.cluster.stop();
  }
}

async function replicaOf(cluster: Cluster): Promise<Replica> {
  const toBus = await startProxy(cluster.nats.port);
  const { driverOptions } = cluster;
  return new Replica(toBus, {
    ...driverOptions,
    config: { ...driverOptions.config, natsurl: `${cluster.nats.host}:${toBus.port}` },
  });
}
