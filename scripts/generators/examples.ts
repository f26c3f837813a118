/**
 * Real requests and answers for the documentation: the driver asks the simulator of a plant, both on a clock that
 * does not move, so that every run gives the same text.
 */
import { limitsSchema } from '../../src/driver/config.ts';
import { answerSchema, type AnswerEnd, type AnswerHead, type AnswerItem } from '../../src/contract/answer.ts';
import { fromMilliseconds } from '../../src/contract/time/instant.ts';
import type { Request } from '../../src/contract/request.ts';
import { Driver } from '../../src/driver/driver.ts';
import { Hosts } from '../../src/driver/hosts.ts';
import type { DriverHealth } from '../../src/contract/health.ts';
import { envelopeOf } from '../../src/telemetry/envelope.ts';
import { judge, serverHealth } from '../../src/telemetry/health.ts';
import { SeeqSource } from '../../src/sources/seeq/source.ts';

/** A request with its answer. */
export interface Example {
  readonly request: Request;
  readonly answer: object;
  /** Items of the answer that are not shown. */
  readonly left: number;
  /** It came in several messages, which the answer puts together. */
  readonly isLong: boolean;
}

/** What the documentation shows of a function. */
interface Scene {
  readonly params?: Record<string, unknown>;
  /** Which of the items to show, where all would be too many. */
  readonly show?: (item: { name?: string }) => boolean;
}

/** The time of the clock. */
const NOW = Date.parse('2026-01-31T08:00:00Z');
const SHOWN_NOW = new Date(NOW).toISOString();
const HOST = 'plant-a';
/** Stands in place of the simulator's own address. */
const URL_SHOWN = 'https://seeq.plant-a.example.com';
const ACCESS_KEY = { name: 'simulator-access-key', password: 'simulator-access-secret' };

const AREA = 'Example >> Cooling Tower 1 >> Area A';
const CHILLER = 'Utilities >> Chiller 1';
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** The FQN of an item by its kind and path. */
export type Names = (kind: string, path: string) => string;

/** By function: what is asked. A function without a line here is documented without an example. */
const scenes = (fqn: Names): Readonly<Record<string, Scene>> => ({
  version: {},
  functions: { show: ({ name = '' }) => ['version', 'writedata'].includes(name) },
  hosts: {},
  health: {},
  tagsearch: { params: { query: 'Compressor*', asset: fqn('asset', AREA), limit: 1, properties: ['*'] } },
  elementsearch: {
    params: { parent: fqn('asset', 'Example >> Cooling Tower 1'), include: ['attributes'], limit: 1 },
  },
  timeframesearch: {
    params: { conditions: [fqn('condition', 'Packaging >> Shifts')], start: 'y', end: '*', limit: 2, order: 'desc' },
  },
  snapshot: {
    params: {
      items: [
        fqn('signal', `${AREA} >> Temperature`),
        fqn('signal', 'Special Cases >> Signals >> Enumeration'),
        fqn('scalar', `${CHILLER} >> Temperature Limit`),
        `seeq:${HOST}/signal/${NOBODY}`,
      ],
    },
  },
  eventpipepoll: {
    params: {
      items: [fqn('signal', `${AREA} >> Temperature`), `seeq:${HOST}/signal/${NOBODY}`],
      intervalMs: 1000,
      leaseMs: 1000,
    },
  },
  datasources: {},
  workbooks: {},
  describe: { params: { items: [fqn('signal', `${AREA} >> Temperature`)] } },
  plotted: {
    params: { items: [fqn('signal', `${AREA} >> Temperature`)], start: '*-1d', end: '*', count: 2 },
  },
  interpolated: {
    params: { items: [fqn('signal', `${AREA} >> Temperature`)], start: '*-10m', end: '*-5m', intervalMs: 60_000 },
  },
  aggregated: {
    params: {
      items: [fqn('signal', `${AREA} >> Temperature`)],
      start: '*-2h',
      end: '*',
      interval: '1h',
      methods: ['average', 'max', 'count'],
    },
  },
  cancel: { params: { request: 'a-request-that-has-ended' } },
  discrete: {
    params: {
      items: [fqn('signal', `${AREA} >> Temperature`), fqn('signal', 'Special Cases >> Signals >> Bad and Uncertain')],
      start: '*-6m',
      end: '*-2m',
    },
  },
});

/** Asks every question once; by name of the function. */
export const runExamples = (): Promise<ReadonlyMap<string, Example>> =>
  withExampleDriver(async (send, fqn) => {
    const examples = new Map<string, Example>();
    for (const [name, { params, show = () => true }] of Object.entries(scenes(fqn))) {
      const request: Request = { function: name, id: `${name}-1`, ...(params ? { params } : {}) };
      const { items, ...answer } = await send(request);
      const shown = items.filter(show);
      const { error, meta, ...head } = answer;
      examples.set(name, {
        request,
        answer: { ...head, items: shown, ...(error ? { error } : {}), meta },
        left: items.length - shown.length,
        isLong: answer.seq > 0,
      });
    }
    return examples;
  });

/** Sends a request to the driver of the examples. */
type Send = (request: Request) => ReturnType<typeof ask>;

/** Starts the simulator and a driver for it, and ends both afterwards. */
export async function withExampleDriver<T>(use: (send: Send, fqn: Names) => Promise<T>): Promise<T> {
  // Reads a generated file of its own, which is written by then.
  const { startSeeqSimulator } = await import('../../simulators/seeq/simulator.ts');
  const simulator = await startSeeqSimulator({ name: HOST, port: 0 }, () => NOW);
  const hosts = openHosts(simulator.url);
  try {
    const ids = new Map((await simulator.control.plant()).map(({ path, id }) => [path, id]));
    const fqn: Names = (kind, path) => {
      const id = ids.get(path);
      if (id === undefined) throw new Error(`The plant has no ${JSON.stringify(path)}; correct the example.`);
      return `seeq:${HOST}/${kind}/${id}`;
    };
    const driver = openDriver(hosts);
    return await use((request) => ask(driver, request, simulator.url), fqn);
  } finally {
    await hosts.close();
    await simulator.stop();
  }
}

/** One call at a time, so that items come in the same order each time. */
function openHosts(url: string): Hosts {
  const { pageSamples } = limitsSchema.parse({});
  const source = new SeeqSource({
    name: HOST,
    url,
    pageSamples,
    credentials: {
      kind: 'accessKey',
      accessKey: { reveal: () => ACCESS_KEY.name },
      password: { reveal: () => ACCESS_KEY.password },
    },
    tls: { insecureSkipVerify: false },
    connections: 1,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 60_000,
    userAgent: 'iota-seeqdrv (documentation)',
  });
  return new Hosts([{ source, concurrency: 1, requests: 256, queueLimit: 1000 }]);
}

function openDriver(hosts: Hosts): Driver {
  const tell = (facts: object, message: string): void => {
    console.error(message, facts);
  };
  return new Driver({
    hosts,
    limits: limitsSchema.parse({}),
    facts: { ...PROCESS, started: STARTED, health: async () => healthOf(hosts) },
    log: { debug: () => undefined, info: () => undefined, notice: () => undefined, warn: tell, error: tell },
    now: () => fromMilliseconds(NOW),
  });
}

const PROCESS = { version: '1.0.0', instance: 'seeq-driver-0-1' };
const STARTED = '2026-01-31T06:00:00.000Z';

/** The health of a process with these servers, on the clock that does not move. */
function healthOf(hosts: Hosts): DriverHealth {
  const bus = { connected: true, subscribed: true, since: STARTED, server: 'mon.example.com:443' };
  const servers = hosts.all.map((host) => ({ ...serverHealth(host), since: STARTED, checked: SHOWN_NOW }));
  const identity = { ...PROCESS, driverid: 'seeq-site-a', reqtopic: 'us-east-1.site-a.seeq.request' };
  const head = envelopeOf(identity, SHOWN_NOW);
  return { kind: 'health', ...head, ...judge({ bus, servers }, false), started: STARTED, bus, servers, replicas: [] };
}

/** The answer as one message, with what differs from run to run made equal: the times that it took, and the address. */
async function ask(driver: Driver, request: Request, url: string) {
  const items: AnswerItem[] = [];
  let seq = 0;
  const { promise, resolve } = Promise.withResolvers<{ head: AnswerHead; end: AnswerEnd }>();
  await driver.handle({
    data: Buffer.from(JSON.stringify(request)),
    hasReply: true,
    reply: 'answers.1',
    replyProblem: () => undefined,
    answer: (head) => ({
      item: (item) => {
        items.push(item);
        return undefined;
      },
      watch: () => undefined,
      // As if there were one message to open it and one with values, however the clock cuts them.
      flush: ({ meta }) => {
        seq = Math.max(seq, meta === undefined ? 1 : 2);
        return undefined;
      },
      end: async (end) => {
        resolve({ head, end });
      },
    }),
  });
  const { head, end } = await promise;
  const { status, error, meta } = end;
  const message = { ...{ id: head.id, function: head.function, seq, last: true, status, items }, error, meta };
  const steady = JSON.stringify(message, (key, value: unknown) => STEADY[key] ?? value).replaceAll(url, URL_SHOWN);
  const answer = answerSchema.parse(JSON.parse(steady));
  return { ...answer, items: answer.items as { name?: string }[] };
}

const STEADY: Readonly<Record<string, number>> = { elapsedMs: 12.5, sourceMs: 11, latencyMs: 2.5 };
