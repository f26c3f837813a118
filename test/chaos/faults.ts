/** Everything that breaks servers and replicas, one thing at a time and some at once. Each ends with all parts whole. */
import { connectsAnew } from '../support/reconnects.ts';
import { freeze, thaw } from '../../simulators/support/freeze.ts';
import type { FaultKind } from '../../simulators/seeq/behaviour.ts';
import type { Harness, Replica } from './harness.ts';
import type { Excuse, Ledger } from './ledger.ts';
import type { PlantName } from './requests.ts';

export interface Setting {
  readonly harness: Harness;
  readonly ledger: Ledger;
  /** Resolves when so many more requests were sent and have ended; the fault lasts as long. */
  readonly meanwhile: () => Promise<void>;
}

export interface Fault {
  readonly name: string;
  run(setting: Setting): Promise<void>;
}

/**
 * Does what loses requests, and waits until it is over: nats-server gives requests to a replica for a moment after that
 * is gone. What is under way then may stay without an answer.
 */
async function losing(ledger: Ledger, excuse: Excuse, replica: Replica, lose: () => Promise<void>): Promise<void> {
  const back = replica.connects();
  await lose();
  await back;
  ledger.excuse(excuse);
}

/** Does something again and again until the promise resolves. */
async function repeated(until: Promise<void>, everyMs: number, step: () => Promise<void>): Promise<void> {
  const going = { on: true };
  void until.then(() => {
    going.on = false;
  });
  while (going.on) {
    await step();
    await Promise.race([until, new Promise((resolve) => setTimeout(resolve, everyMs))]);
  }
}

/** A share of the calls to a plant is broken. */
const broken = (plant: PlantName, rate: number, fault: FaultKind): Fault => ({
  name: `${plant}: ${describe(fault)} for ${rate * 100} % of its calls`,
  run: async ({ harness, meanwhile }) => {
    const { control } = harness.plant(plant);
    await control.fail({ ...fault, rate });
    await meanwhile();
    await control.heal();
  },
});

const describe = (fault: FaultKind): string => (fault.kind === 'status' ? `status ${fault.status}` : fault.kind);

export const faults: readonly Fault[] = [
  broken('plant-a', 0.2, { kind: 'reset' }),
  broken('plant-b', 0.2, { kind: 'half' }),
  broken('plant-a', 0.2, { kind: 'truncated' }),
  broken('plant-b', 0.2, { kind: 'invalidJson' }),
  broken('plant-a', 0.2, { kind: 'status', status: 429, retryAfter: '0.2' }),
  broken('plant-b', 0.2, { kind: 'status', status: 503 }),
  broken('plant-a', 0.5, { kind: 'status', status: 500 }),
  broken('plant-b', 0.3, { kind: 'html', status: 200 }),
  broken('plant-a', 0.1, { kind: 'hang' }),
  broken('plant-b', 0.5, { kind: 'slow', bytes: 200, pauseMs: 5 }),
  {
    name: 'plant-a resets every connection',
    run: async ({ harness, meanwhile }) => {
      await harness.plant('plant-a').control.set({ down: true });
      await meanwhile();
      await harness.plant('plant-a').control.set({ down: false });
    },
  },
  {
    name: 'plant-b accepts and never answers',
    run: async ({ harness, meanwhile }) => {
      await harness.plant('plant-b').control.fail({ kind: 'hang' });
      await meanwhile();
      await harness.plant('plant-b').control.heal();
    },
  },
  {
    name: 'plant-a forgets its sessions, again and again',
    run: async ({ harness, meanwhile }) => {
      await repeated(meanwhile(), 100, () => harness.plant('plant-a').control.voidTokens());
    },
  },
  {
    name: 'the process of plant-a is frozen',
    run: async ({ harness, meanwhile }) => {
      const { pid } = harness.plant('plant-a');
      freeze(pid);
      await meanwhile();
      thaw(pid);
    },
  },
  {
    name: 'plant-b is killed and started again',
    run: async ({ harness, meanwhile }) => {
      await harness.restartPlant('plant-b', meanwhile);
    },
  },
  {
    name: 'a replica is stopped in order and started again',
    run: async ({ harness, meanwhile }) => {
      await Promise.all([harness.replicas[0].restart(), meanwhile()]);
    },
  },
  {
    name: 'a replica is killed and started again',
    run: async ({ harness, ledger, meanwhile }) => {
      const [, replica] = harness.replicas;
      await Promise.all([losing(ledger, 'killed', replica, () => replica.kill()), meanwhile()]);
    },
  },
  {
    name: 'both replicas are restarted, one after the other',
    run: async ({ harness, meanwhile }) => {
      const rolling = async (): Promise<void> => {
        for (const replica of harness.replicas) await replica.restart();
      };
      await Promise.all([rolling(), meanwhile()]);
    },
  },
  {
    name: 'a replica is frozen',
    run: async ({ harness, meanwhile }) => {
      const { pid } = harness.replicas[0].process;
      freeze(pid);
      await meanwhile();
      thaw(pid);
    },
  },
  {
    name: 'the way of a replica to the bus is cut, three times',
    run: async ({ harness, ledger, meanwhile }) => {
      for (let cuts = 0; cuts < 3; cuts++) {
        const [replica] = harness.replicas;
        await losing(ledger, 'cut', replica, async () => {
          replica.toBus.cut();
        });
        await meanwhile();
      }
    },
  },
  {
    name: 'the way of a replica to the bus is half open until it notices',
    run: async ({ harness, ledger, meanwhile }) => {
      const [, replica] = harness.replicas;
      const noticed = connectsAnew(replica.toBus);
      replica.toBus.pause();
      await Promise.all([noticed, meanwhile()]);
      await losing(ledger, 'cut', replica, async () => {
        replica.toBus.cut();
        replica.toBus.resume();
      });
    },
  },
  {
    name: 'the way of a replica to the bus is slow',
    run: async ({ harness, meanwhile }) => {
      harness.replicas[0].toBus.slow(40);
      await meanwhile();
      harness.replicas[0].toBus.slow(0);
    },
  },
  {
    name: 'SIGHUP to both replicas, again and again',
    run: async ({ harness, meanwhile }) => {
      await repeated(meanwhile(), 200, async () => {
        for (const { process: driver } of harness.replicas) process.kill(driver.pid, 'SIGHUP');
      });
    },
  },
  {
    name: 'a replica is killed while plant-a is frozen',
    run: async ({ harness, ledger, meanwhile }) => {
      const { pid } = harness.plant('plant-a');
      freeze(pid);
      await meanwhile();
      const [replica] = harness.replicas;
      await Promise.all([losing(ledger, 'killed', replica, () => replica.kill()), meanwhile()]);
      thaw(pid);
    },
  },
];
