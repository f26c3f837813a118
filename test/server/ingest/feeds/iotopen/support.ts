/** A simulated platform with its feed, and a real nats-server behind it. */
import { onTestFinished } from 'vitest';
import { eventually } from '../../../../support/eventually.ts';
import type { Reading } from '../../../../../src/contract/reading.ts';
import {
  startIotOpen,
  type IotOpenOptions,
  type IotOpenSimulator,
} from '../../../../../simulators/iotopen/simulator.ts';
import { ingestForTest, type IngestHarness, type IngestHarnessOptions } from '../../support.ts';

export const T0 = 1_735_732_800;
/** A time of now in whole seconds, for readings that must be neither old nor ahead. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export async function simulatorForTest(options: IotOpenOptions = {}): Promise<IotOpenSimulator> {
  const simulator = await startIotOpen(options);
  onTestFinished(() => simulator.stop());
  return simulator;
}

/** The configuration of the feed, with an API key unless another way to log in is given. */
export function feedSettings(simulator: IotOpenSimulator, more: Record<string, unknown> = {}) {
  return {
    name: 'plant',
    url: simulator.url,
    credentials: { apiKey: { env: 'IOTOPEN_KEY' } },
    mqtt: { clientId: 'driver', keepAliveSeconds: 5 },
    refreshDelayMs: 50,
    requestTimeoutMs: 2000,
    ...more,
  };
}

/** The feed runs; ends with the test. */
export function feedForTest(
  simulator: IotOpenSimulator,
  more: Record<string, unknown> = {},
  options: IngestHarnessOptions = {},
  ingest: Record<string, unknown> = {},
): Promise<IngestHarness> {
  const env = { IOTOPEN_KEY: 'key-of-the-driver', ...options.env };
  return ingestForTest({ iotopen: [feedSettings(simulator, more)], ...ingest }, { ...options, env });
}

/** For tests that count what was sent twice: a stream that answers late on a busy machine is no reason to send again. */
export const PATIENT = { stream: { create: true, ackTimeoutMs: 60_000, duplicateWindowMs: 120_000 } };

/** Resolves with the readings as soon as there are so many. */
export function readingsOf(harness: IngestHarness, count: number, of: (reading: Reading) => boolean = () => true) {
  return eventually(async () => {
    const found = (await harness.readings()).filter(of);
    if (found.length < count) throw new Error(`There are ${found.length} readings.`);
    return found;
  });
}
