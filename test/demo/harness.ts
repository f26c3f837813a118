/** The parts of the demonstration, and asking them as somebody else on the bus does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../../src/client/answer.ts';
import type { Request } from '../../src/contract/request.ts';
import { spawnSeeqSimulator } from '../../simulators/seeq/spawn.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { Devices } from './devices.ts';
import { Readings } from './readings.ts';
import { type Moments, PlantTruth } from './truth.ts';

/** Where the driver reports how it is. */
export const HEALTH_TOPIC = 'iota.health';

/** Where it publishes its numbers. */
export const METRICS_TOPIC = 'iota.metrics';

export const NORTH = 'north';
export const SOUTH = 'south';
export const PLANTS = [NORTH, SOUTH] as const;
export type PlantName = (typeof PLANTS)[number];

/** An answer with what is known about its way. */
export interface Asked extends Moments {
  readonly answer: Answer;
  /** From the request to the last message of the answer, milliseconds. */
  readonly ms: number;
}

export class Harness {
  readonly cluster: Cluster;
  readonly devices: Devices;
  /** What comes from the devices to the bus. */
  readonly readings: Readings;
  /** The status page of the driver. */
  readonly pageUrl: string;
  /** File with the key of the caller, for the command line. */
  readonly callerKeyFile: string;
  readonly truth: Readonly<Record<PlantName, PlantTruth>> = {
    [NORTH]: new PlantTruth(NORTH),
    [SOUTH]: new PlantTruth(SOUTH),
  };

  /** Starts nats-server, both plants, the devices and the driver, and waits until the driver answers. */
  static async start(): Promise<Harness> {
    const devices = await Devices.start();
    const { ingest, files } = devices.settings;
    const pagePort = await freePort();
    const cluster = await startCluster({
      plants: { [NORTH]: {}, [SOUTH]: {} },
      config: {
        ...{ driverid: 'demo-driver', healthtopic: HEALTH_TOPIC, healthmsec: 250 },
        ...{ metricstopic: METRICS_TOPIC, metricsmsec: 250 },
      },
      settings: { ingest, http: { port: pagePort } },
      files,
      jetstream: true,
    });
    return new Harness(cluster, devices, await Readings.listen(cluster.connection), pagePort);
  }

  private constructor(cluster: Cluster, devices: Devices, readings: Readings, pagePort: number) {
    this.pageUrl = `http://127.0.0.1:${pagePort}/`;
    this.cluster = cluster;
    this.devices = devices;
    this.readings = readings;
    // The driver's folder goes when the driver ends, and this file with it.
    this.callerKeyFile = join(cluster.driver.folder, 'caller.nk');
    writeFileSync(this.callerKeyFile, `${cluster.caller.seed}\n`, { mode: 0o600 });
  }

  /** Sends a request over the bus and collects the answer. */
  async ask(request: Request): Promise<Asked> {
    const before = clockNow();
    const sent = performance.now();
    const answer = await this.cluster.ask(request);
    return { answer, ms: performance.now() - sent, before, after: clockNow() };
  }

  plant(name: PlantName) {
    const plant = this.cluster.plants[name];
    if (plant === undefined) throw new Error(`There is no plant ${name}.`);
    return plant;
  }

  /** Ends the process of a plant. */
  async stopPlant(name: PlantName): Promise<void> {
    await this.plant(name).stop();
  }

  /** Starts it again at its former addresses. */
  async startPlant(name: PlantName): Promise<void> {
    const { url, controlUrl } = this.plant(name);
    const ports = { port: Number(new URL(url).port), controlPort: Number(new URL(controlUrl).port) };
    this.cluster.plants[name] = await spawnSeeqSimulator({ name, ...ports });
  }

  async stop(): Promise<void> {
    await Promise.all([this.cluster.stop(), this.devices.stop()]);
  }
}

const clockNow = (): bigint => BigInt(Date.now()) * 1_000_000n;
