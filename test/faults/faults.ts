/** Everything that goes wrong, one thing at a time and some at once. Each ends with all parts in order again. */
import { connectsAnew } from '../support/reconnects.ts';
import type { Harness } from './harness.ts';

/** Resolves when the oracle has done some more, whatever became of it; so each fault lasts while work goes on. */
export type Meanwhile = () => Promise<void>;

export interface Fault {
  readonly name: string;
  run(harness: Harness, meanwhile: Meanwhile): Promise<void>;
}

export const faults: readonly Fault[] = [
  {
    name: 'nats-server is stopped',
    run: async ({ nats }, meanwhile) => {
      await nats.halt();
      await meanwhile();
      await nats.restart();
    },
  },
  {
    name: 'nats-server is killed and restarted at once',
    run: async ({ nats }, meanwhile) => {
      await nats.halt('SIGKILL');
      await nats.restart();
      await meanwhile();
    },
  },
  {
    name: 'nats-server is frozen until the driver notices',
    run: async (harness, meanwhile) => {
      const noticed = connectsAnew(harness.toBus);
      harness.nats.freeze();
      await Promise.all([noticed, meanwhile()]);
      harness.nats.thaw();
    },
  },
  {
    name: 'the way to the bus is cut, three times',
    run: async ({ toBus }, meanwhile) => {
      for (let cuts = 0; cuts < 3; cuts++) {
        toBus.cut();
        await meanwhile();
      }
    },
  },
  {
    name: 'the way to the bus is half open until the driver notices',
    run: async (harness, meanwhile) => {
      const noticed = connectsAnew(harness.toBus);
      harness.toBus.pause();
      await Promise.all([noticed, meanwhile()]);
      harness.toBus.resume();
    },
  },
  {
    name: 'the way to the bus is slow',
    run: async ({ toBus }, meanwhile) => {
      toBus.slow(40);
      await meanwhile();
      toBus.slow(0);
    },
  },
  {
    name: 'the way to the broker is cut, three times',
    run: async ({ toBroker }, meanwhile) => {
      for (let cuts = 0; cuts < 3; cuts++) {
        toBroker.cut();
        await meanwhile();
      }
    },
  },
  {
    name: 'the way to the broker is half open until the driver notices',
    run: async (harness, meanwhile) => {
      const noticed = connectsAnew(harness.toBroker);
      harness.toBroker.pause();
      await Promise.all([noticed, meanwhile()]);
      harness.toBroker.resume();
    },
  },
  {
    name: 'the way to the broker is slow',
    run: async ({ toBroker }, meanwhile) => {
      toBroker.slow(40);
      await meanwhile();
      toBroker.slow(0);
    },
  },
  {
    name: 'the broker is restarted',
    run: async ({ broker }, meanwhile) => {
      await broker.restart();
      await meanwhile();
    },
  },
  {
    name: 'the driver is killed and restarted',
    run: async (harness, meanwhile) => {
      await harness.restartDriver('SIGKILL');
      await meanwhile();
    },
  },
  {
    name: 'the driver is stopped in order and restarted',
    run: async (harness, meanwhile) => {
      await harness.restartDriver('SIGTERM');
      await meanwhile();
    },
  },
  {
    name: 'the driver is killed while nats-server is stopped',
    run: async (harness, meanwhile) => {
      await harness.nats.halt();
      await meanwhile();
      await harness.restartDriver('SIGKILL');
      await meanwhile();
      await harness.nats.restart();
    },
  },
  {
    name: 'nats-server is frozen while the way to the broker is cut',
    run: async ({ nats, toBroker }, meanwhile) => {
      nats.freeze();
      toBroker.cut();
      await meanwhile();
      nats.thaw();
    },
  },
];
