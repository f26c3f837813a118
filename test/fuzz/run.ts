/** Spreads a run of the fuzzer over workers, and notices one that hangs or dies. */
import { Worker } from 'node:worker_threads';
import { decoders } from './decoders.ts';
import type { Fault, Report, Task } from './worker.ts';

export interface FuzzOptions {
  /** Inputs for each decoder. */
  readonly perDecoder: number;
  readonly seed: number;
  readonly workers: number;
  readonly only: readonly string[];
  readonly slowMs: number | undefined;
  /** Inputs of one task of a worker. */
  readonly batch: number;
  /** A worker that stays at one input for so long hangs. */
  readonly hangMs: number;
  readonly say: (line: string) => void;
  /** Gets each fault as it is found. */
  readonly onFault: (fault: Fault) => void;
}

export interface FuzzResult {
  readonly inputs: number;
  readonly faults: readonly Fault[];
}

/** Heap of a worker: far less than what an input could fill if nothing bounded it. */
const HEAP_MB = 256;

export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { perDecoder, workers, batch, say } = options;
  const names = decoders().map(({ name }) => name);
  const unknown = options.only.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no decoder ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  const faults: Fault[] = [];
  let inputs = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < perDecoder) {
      const first = next;
      next += batch;
      const report = await oneTask(options, first, Math.min(batch, perDecoder - first), names);
      inputs += report.inputs;
      faults.push(...report.faults);
      report.faults.forEach(options.onFault);
      say(`${inputs} inputs, ${faults.length} faults`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return { inputs, faults };
}

function oneTask(options: FuzzOptions, first: number, count: number, names: readonly string[]): Promise<Report> {
  const { seed, only, slowMs, hangMs } = options;
  const progress = new SharedArrayBuffer(8);
  const place = new Int32Array(progress);
  const workerData: Task = { seed, first, count, only, slowMs, progress };
  return new Promise((resolve) => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const failed = (what: string): void => {
      clearInterval(watch);
      void worker.terminate();
      const [decoder = 0, input = 0] = place;
      resolve({ faults: [{ decoder: names[decoder] ?? '', input, what, shown: '' }], inputs: 0 });
    };
    let before = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const at = (place[0] ?? 0) * 2 ** 31 + (place[1] ?? 0);
      if (at !== before) {
        before = at;
        since = performance.now();
      } else if (performance.now() - since > hangMs) failed(`hangs for more than ${hangMs / 1000} s`);
    }, 100);
    worker.on('message', (report: Report) => {
      clearInterval(watch);
      resolve(report);
      void worker.terminate();
    });
    worker.on('error', (error) => {
      failed(`ends the process: ${String(error)}`);
    });
  });
}
