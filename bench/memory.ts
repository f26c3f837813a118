/**
 * `npm run bench:memory`: what limits of memory cost. One driver for each set of Node's flags takes the same read load
 * and the same ingest load, in turn in one run. Only the ratios mean something on another machine.
 *
 * Usage: memory.ts [rounds] [part of a name]
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { connect, nkeyAuthenticator } from 'nats';
import { type DriverProcess, startDriver } from '../test/support/driver-process.ts';
import { startMosquitto } from '../simulators/support/mosquitto/index.ts';
import { createAuthority, createUserKey, startNatsServer } from '../test/support/nats/index.ts';
import { startChild } from './child.ts';
import { containerLauncher } from './container.ts';
import { cpuMs } from './cpu.ts';
import { feedSettings, publish, READINGS } from './feed.ts';
import type { HeapReport } from './heap-report.ts';
import { answers, discrete, okFrom, readSettings, snapshot } from './read.ts';

interface Setting {
  name: string;
  flags?: string[];
  /** Run as in a container with a limit of so many MiB. */
  containerMiB?: number;
}

/** The caller's own value wins over the driver's; 0 is what V8 would have taken. */
const V8_DEFAULT = '--max-semi-space-size=0';
const old = (size: number, semi?: number): Setting => ({
  name: `old space ${size}${semi === undefined ? '' : `, semi-space ${semi}`}`,
  flags: [`--max-old-space-size=${size}`, semi === undefined ? V8_DEFAULT : `--max-semi-space-size=${semi}`],
});
const container = (containerMiB: number, semi?: number): Setting => ({
  name: `container ${containerMiB}${semi === undefined ? '' : `, semi-space ${semi}`}`,
  flags: [semi === undefined ? V8_DEFAULT : `--max-semi-space-size=${semi}`],
  containerMiB,
});
const semi = (size: number): Setting => ({
  name: `no limit, semi-space ${size}`,
  flags: [`--max-semi-space-size=${size}`],
});
const settings: Setting[] = [
  { name: 'no limit', flags: [V8_DEFAULT] },
  ...[1, 8, 16, 32].map(semi),
  ...[96, 128, 192, 256].map((size) => old(size)),
  ...[8, 16, 32].map((size) => old(96, size)),
  ...[8, 16, 32].map((size) => old(128, size)),
  old(192, 16),
  container(256),
  ...[8, 16, 32].map((size) => container(256, size)),
  { name: 'container 256, as started by an operator', containerMiB: 256 },
];
const rounds = Number(process.argv[2] ?? 3);
const wanted = settings.filter(({ name }, at) => at === 0 || name.includes(process.argv[3] ?? ''));

const loads = { snapshot: 1500, history: 60, ingest: 3000 } as const;
type Load = keyof typeof loads;

const authority = await createAuthority();
const keys = { caller: createUserKey(), driver: createUserKey() };
const nats = await startNatsServer({
  certificate: await authority.issue(),
  users: Object.values(keys).map(({ publicKey }) => ({ publicKey })),
  jetstream: true,
});
const broker = await startMosquitto({ maxInflight: 500, maxQueued: 0, persistence: false });
const stub = startChild('seeq-stub.ts');
const { url } = JSON.parse(await stub.line) as { url: string };
const servers = `${nats.host}:${nats.port}`;
const nc = await connect({
  servers,
  tls: { ca: authority.caPem },
  authenticator: nkeyAuthenticator(Buffer.from(keys.caller.seed)),
  resolve: false,
});
const manager = await nc.jetstreamManager();
await manager.streams.add(READINGS);
const publisher = await connectAsync(broker.url(), { clientId: 'publisher' });

/** A driver under one setting, and what was measured of it. */
interface Subject {
  setting: Setting;
  topic: string;
  feed: string;
  driver: DriverProcess;
  cpu: Record<Load, number[]>;
  heap: HeapReport[];
}

const subjects: Subject[] = [];
try {
  for (const [at, setting] of wanted.entries()) subjects.push(await start(setting, at));
  let n = 0;
  for (let round = -1; round < rounds; round++) {
    // Every round begins with another one: whoever follows whom must not matter.
    const first = ((round + 1) * 7) % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const { topic, feed, driver } = subject;
      const cpu = {
        snapshot: await cost(driver, 'snapshot', 32, () => okFrom(nc, topic, snapshot(n++))),
        history: await cost(driver, 'history', 4, () => okFrom(nc, topic, discrete(n++))),
        ingest: await ingest(driver, feed),
      };
      const heap = await heapOf(driver);
      // The first round warms up.
      if (round < 0) continue;
      for (const load of Object.keys(cpu) as Load[]) subject.cpu[load].push(cpu[load]);
      subject.heap.push(heap);
    }
  }
  report();

  async function ingest(driver: DriverProcess, feed: string): Promise<number> {
    const [stored, before] = [await readings(), cpuMs(driver.pid)];
    n = await publish(publisher, feed, { from: n, messages: loads.ingest, atOnce: 200 });
    while ((await readings()) < stored + loads.ingest) await new Promise((resolve) => setTimeout(resolve, 5));
    return (cpuMs(driver.pid) - before) / loads.ingest;
  }
} finally {
  await publisher.endAsync(true);
  await nc.close();
  await Promise.all(subjects.map(({ driver }) => driver.stop()));
  stub.stop();
  await Promise.all([broker.stop(), nats.stop()]);
}

async function start(setting: Setting, at: number): Promise<Subject> {
  const [topic, feed] = [`bench.memory.${at}`, `memory-${at}`];
  const preload = fileURLToPath(new URL('heap-report.ts', import.meta.url));
  const driver = startDriver({
    seed: keys.driver.seed,
    files: { 'ca.pem': authority.caPem, secret: 'x' },
    nodeOptions: [...(setting.flags ?? []), '--import', preload],
    ...(setting.containerMiB === undefined ? {} : { launcher: containerLauncher(setting.containerMiB) }),
    config: {
      debug: 2,
      natsurl: servers,
      publickey: keys.driver.publicKey,
      reqtopic: topic,
      settings: {
        ...readSettings(url),
        bus: { tls: { caFile: 'ca.pem' } },
        ingest: { mqtt: [feedSettings(broker.url(), feed)] },
      },
    },
  });
  await driver.line(({ feed: kind, state }) => kind === 'mqtt' && state === 'up');
  await answers(nc, topic);
  return { setting, topic, feed, driver, cpu: { snapshot: [], history: [], ingest: [] }, heap: [] };
}

/** CPU milliseconds for one operation. */
async function cost(
  driver: DriverProcess,
  load: Load,
  atOnce: number,
  operation: () => Promise<void>,
): Promise<number> {
  const before = cpuMs(driver.pid);
  let started = 0;
  const worker = async () => {
    while (started++ < loads[load]) await operation();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (cpuMs(driver.pid) - before) / loads[load];
}

async function heapOf(driver: DriverProcess): Promise<HeapReport> {
  const known = driver.log.length;
  process.kill(driver.pid, 'SIGUSR2');
  const { heap } = await driver.line((line) => 'heap' in line && driver.log.indexOf(line) >= known);
  return heap as HeapReport;
}

async function readings(): Promise<number> {
  return (await manager.streams.info(READINGS.name)).state.messages;
}

/** The most that the process ever held in memory, in MiB; NaN where the system does not tell (not Linux). */
function peakMiB(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

function report(): void {
  const median = (numbers: number[]): number =>
    numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
  const cpu = (subject: Subject, load: Load): number => median(subject.cpu[load]);
  const heap = (subject: Subject, pick: (report: HeapReport) => number): number => median(subject.heap.map(pick));
  const [base] = subjects;
  if (!base) return;
  console.log(`\nCPU time of one operation beside that without a limit, median of ${rounds} rounds; sizes in MiB`);
  console.log(
    `without a limit: snapshot ${cpu(base, 'snapshot').toFixed(2)} ms, history of 10,000 samples ${cpu(base, 'history').toFixed(1)} ms, MQTT message ${cpu(base, 'ingest').toFixed(2)} ms`,
  );
  console.log(`${''.padEnd(42)}snapshot  history   ingest  scavenges  mark-compacts  pauses ms  peak RSS  live  limit`);
  for (const subject of subjects) {
    const ratios = (Object.keys(loads) as Load[]).map((load) => (cpu(subject, load) / cpu(base, load)).toFixed(2));
    const numbers = [
      heap(subject, ({ scavenges }) => scavenges),
      heap(subject, ({ markCompacts }) => markCompacts),
      heap(subject, ({ pausedMs }) => pausedMs),
      peakMiB(subject.driver.pid),
      heap(subject, ({ live }) => live / 2 ** 20),
      heap(subject, ({ limit }) => limit / 2 ** 20),
    ].map((value) => value.toFixed(0));
    const widths = [8, 9, 9, 11, 15, 11, 10, 6, 7];
    const cells = [...ratios, ...numbers].map((text, at) => text.padStart(widths[at] ?? 0));
    console.log(`${subject.setting.name.padEnd(42)}${cells.join('')}`);
  }
}
