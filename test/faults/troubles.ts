/** Everything that goes wrong, one thing at a time and some at once. Each ends with all parts in order again. */
import { connectsAnew } from '../support/connects-anew.ts';
import type { World } from './world.ts';

/** Resolves when the oracle has done some more, whatever became of it; so each trouble lasts while work goes on. */
export type Meanwhile = () => Promise<void>;

export interface Trouble {
  readonly name: string;
  run(world: World, meanwhile: Meanwhile): Promise<void>;
}

export const troubles: readonly Trouble[] = [
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
    run: async (world, meanwhile) => {
      const noticed = connectsAnew(world.toBus);
      world.nats.freeze();
      await Promise.all([noticed, meanwhile()]);
      world.nats.thaw();
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
    run: async (world, meanwhile) => {
      const noticed = connectsAnew(world.toBus);
      world.toBus.pause();
      await Promise.all([noticed, meanwhile()]);
      world.toBus.resume();
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
    run: async (world, meanwhile) => {
      const noticed = connectsAnew(world.toBroker);
      world.toBroker.pause();
      await Promise.all([noticed, meanwhile()]);
      world.toBroker.resume();
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
    run: async (world, meanwhile) => {
      await world.restartDriver('SIGKILL');
      await meanwhile();
    },
  },
  {
    name: 'the driver is stopped in order and restarted',
    run: async (world, meanwhile) => {
      await world.restartDriver('SIGTERM');
      await meanwhile();
    },
  },
  {
    name: 'the driver is killed while nats-server is stopped',
    run: async (world, meanwhile) => {
      await world.nats.halt();
      await meanwhile();
      await world.restartDriver('SIGKILL');
      await meanwhile();
      await world.nats.restart();
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
