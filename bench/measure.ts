/** Measures two ways of doing the same, side by side, and compares them round by round. */

import { cpuMs } from './cpu.ts';

/** What one round gave: operations a second, and times of single operations in milliseconds. */
export interface Round {
  perSecond: number;
  p50: number;
  p99: number;
  /** CPU time of the measured process for one operation, in milliseconds. */
  cpuMs: number;
}

/** One way of doing an operation, and the process that does the work. */
export interface Way {
  operation: () => Promise<void>;
  pid: number;
}

/** Runs `operation` `count` times, `atOnce` at a time. */
export async function measureRound({ operation, pid }: Way, count: number, atOnce: number): Promise<Round> {
  const times: number[] = [];
  let started = 0;
  const cpuBefore = cpuMs(pid);
  const begin = performance.now();
  const worker = async () => {
    while (started < count) {
      started++;
      const from = performance.now();
      await operation();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpuMs: (cpuMs(pid) - cpuBefore) / times.length,
  };
}

export interface Comparison {
  name: string;
  driver: Round;
  floor: Round;
  /** Driver's operations a second over the floor's: median, lowest and highest round. */
  ratio: { median: number; min: number; max: number };
  /** The floor's CPU time for one operation over the driver's: the same question, less disturbed by other processes. */
  cpuRatio: number;
}

/** Rounds of both in turn, so that both see the same moods of the machine. */
export async function compare(
  name: string,
  ways: { driver: Way; floor: Way },
  { rounds, count, atOnce }: { rounds: number; count: number; atOnce: number },
): Promise<Comparison> {
  // Warm up: code is compiled, connections are open.
  for (const way of [ways.floor, ways.driver, ways.floor, ways.driver]) await measureRound(way, count / 2, atOnce);
  const driver: Round[] = [];
  const floor: Round[] = [];
  for (let n = 0; n < rounds; n++) {
    floor.push(await measureRound(ways.floor, count, atOnce));
    driver.push(await measureRound(ways.driver, count, atOnce));
  }
  const ratios = driver.map(({ perSecond }, n) => perSecond / (floor[n]?.perSecond ?? NaN)).sort((a, b) => a - b);
  return {
    name,
    driver: medianRound(driver),
    floor: medianRound(floor),
    ratio: { median: quantile(ratios, 0.5), min: ratios[0] ?? NaN, max: ratios.at(-1) ?? NaN },
    cpuRatio: medianRound(floor).cpuMs / medianRound(driver).cpuMs,
  };
}

function medianRound(rounds: Round[]): Round {
  const median = (pick: (round: Round) => number) =>
    quantile(
      rounds.map(pick).sort((a, b) => a - b),
      0.5,
    );
  return {
    perSecond: median((r) => r.perSecond),
    p50: median((r) => r.p50),
    p99: median((r) => r.p99),
    cpuMs: median((r) => r.cpuMs),
  };
}

function quantile(sorted: number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}
