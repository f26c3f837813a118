/** One worker of the fuzzer: makes inputs by their numbers, gives them to one decoder after the other, reports faults. */
import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../support/random.ts';
import { type Decoder, decoders } from './decoders.ts';
import { mutate } from './mutate.ts';

export interface Task {
  readonly seed: number;
  /** Inputs for each decoder, from the first number on. */
  readonly first: number;
  readonly count: number;
  /** Only these decoders; all when it is empty. */
  readonly only: readonly string[];
  /** An input that takes longer is reported; undefined to measure nothing. */
  readonly slowMs: number | undefined;
  /** Two numbers that tell others where this worker is: decoder and input. */
  readonly progress: SharedArrayBuffer;
}

export interface Fault {
  readonly decoder: string;
  readonly input: number;
  readonly what: string;
  /** The input itself, cut. */
  readonly shown: string;
}

export type Report = { readonly faults: readonly Fault[]; readonly inputs: number };

/** Faults of one decoder that are reported; one mistake may be hit a thousand times. */
const MOST_FAULTS = 3;

/** The input of this number. */
export function inputOf(seed: number, decoder: Decoder, index: number, n: number): Buffer {
  const random = new Random(seed, index, n);
  const seeds = decoder.seeds.map((text) => Buffer.from(text));
  return mutate(random.pick(seeds), seeds, random);
}

async function work({ seed, first, count, only, slowMs, progress }: Task): Promise<Report> {
  const place = new Int32Array(progress);
  const faults: Fault[] = [];
  let inputs = 0;
  for (const [index, decoder] of decoders().entries()) {
    if (only.length > 0 && !only.includes(decoder.name)) continue;
    Atomics.store(place, 0, index);
    let found = 0;
    const pending = new Set<Promise<void>>();
    for (let n = first; n < first + count; n++) {
      Atomics.store(place, 1, n);
      const input = inputOf(seed, decoder, index, n);
      const fault = (what: string): void => {
        if (found++ < MOST_FAULTS) faults.push({ decoder: decoder.name, input: n, what, shown: show(input) });
      };
      inputs++;
      const from = slowMs === undefined ? 0 : performance.now();
      try {
        const running = decoder.run(input);
        if (typeof running === 'function') running();
        else if (running !== undefined) {
          const ended = running.catch((error: unknown) => {
            fault(describe(error));
          });
          // A lease takes its time; the others do not wait for it.
          const tracked = ended.finally(() => pending.delete(tracked));
          pending.add(tracked);
          await Promise.race([ended, nextTurn()]);
        }
      } catch (error) {
        fault(describe(error));
      }
      if (slowMs !== undefined && performance.now() - from > slowMs) {
        const ms = await slowest(decoder, input);
        if (ms > slowMs) fault(`blocks the event loop for ${ms.toFixed(0)} ms with ${input.length} bytes`);
      }
    }
    await Promise.all(pending);
  }
  return { faults, inputs };
}

/** Processor time of this thread for the input: the best of some tries, since other work has no part in it. */
async function slowest(decoder: Decoder, input: Buffer): Promise<number> {
  let best = Infinity;
  for (let tries = 0; tries < 5; tries++) {
    const before = process.threadCpuUsage();
    const running = decoder.run(input);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
    await Promise.race([Promise.resolve(running).catch(() => undefined), nextTurn()]);
  }
  return best;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const describe = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ').slice(0, 600)
    : String(error);

const show = (input: Buffer): string => JSON.stringify(input.toString('latin1').slice(0, 300));

if (parentPort !== null) parentPort.postMessage(await work(workerData as Task));
