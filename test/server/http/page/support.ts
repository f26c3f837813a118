/** The status page of a driver in a state that a test decides, over real HTTP. */
import { once } from 'node:events';
import { Agent, request as requestPlain, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { IncomingRequest } from '../../../../src/contract/answer.ts';
import { healthSchema, type Health } from '../../../../src/contract/health.ts';
import { metricsSchema, type Metrics } from '../../../../src/contract/telemetry.ts';
import type { HttpConfig } from '../../../../src/http/config.ts';
import { Guard } from '../../../../src/http/guard.ts';
import { StatusPage } from '../../../../src/http/page/page.ts';
import { DURATION_BOUNDS_MS } from '../../../../src/lib/histogram.ts';
import { LatestReadings } from '../../../../src/telemetry/latest-readings.ts';
import { RecentProblems } from '../../../../src/telemetry/recent-problems.ts';
import { Replicas } from '../../../../src/telemetry/replicas.ts';
import type { Activity, Refusal } from '../../../../src/telemetry/telemetry.ts';
import { CONFIG, serverForTest } from '../support.ts';

const SINCE = '2026-11-28T12:00:00.000Z';
/** What a hostile server, device or user sends as its name. */
export const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(2)</script>'\u202e&amp;`;

const envelope = () => ({
  ...{ schema: 1, driver: 'iota-seeqdrv', type: 'seeq', driverid: 'plant-driver', instance: 'host-1' },
  ...{ version: '0.1.0', reqtopic: 'region.site.seeq.request', time: new Date().toISOString() },
});

export const healthOf = (more: Partial<Health> = {}): Health =>
  healthSchema.parse({
    ...{ kind: 'health', ...envelope(), state: 'ok', reasons: [], started: SINCE },
    bus: { connected: true, subscribed: true, since: SINCE, server: 'nats:4222' },
    servers: [{ name: 'north', state: 'up', since: SINCE, checked: SINCE, version: '66.0.1' }],
    stream: { name: 'READINGS', state: 'ok', since: SINCE },
    feeds: [
      { kind: 'mqtt', name: 'hall', state: 'up', since: SINCE, lastMessage: SINCE },
      { kind: 'seneye', name: 'lde', state: 'up', since: SINCE, lastMessage: SINCE },
    ],
    ...more,
  });

/** A distribution of times. */
export const TIMES = [...DURATION_BOUNDS_MS, Infinity].map(() => 1);

const feed = { ...{ received: 7, readings: 6, duplicates: 1, rejected: { notJson: 2 }, refused: 3, atMostOnce: 0 } };

export const metricsOf = (more: Partial<Metrics> = {}): Metrics =>
  metricsSchema.parse({
    ...{ kind: 'metrics', ...envelope(), uptimeMs: 1000, inFlight: 2, unanswerable: 0 },
    leases: { leases: 0, items: 0, tags: 0 },
    requests: [
      {
        ...{ function: 'snapshot', results: { ok: 1234, timeout: 5 }, totalMs: 12_390, longestMs: 2500 },
        ...{ durations: TIMES, sourceMs: 11_000, sourceDurations: TIMES },
      },
    ],
    sources: [
      { host: 'north', results: { ok: 77 }, totalMs: 770, longestMs: 30, durations: TIMES, running: 1, waiting: 4 },
    ],
    feeds: [
      { kind: 'mqtt', name: 'hall', ...feed, retried: 0, dropped: 0, connections: 1, waiting: 0 },
      { kind: 'seneye', name: 'lde', ...feed, retried: 0, dropped: 0, connections: 1, waiting: 0 },
    ],
    bus: { connections: 1, bytesIn: 10, bytesOut: 20, messagesIn: 1, messagesOut: 2, inFlightBytes: 0, waiting: 0 },
    process: {
      eventLoopDelayMs: { mean: 0, p99: 1, max: 2 },
      cpuMs: { user: 1, system: 1 },
      memoryBytes: { rss: 1, heapUsed: 1, heapTotal: 1, external: 1, heapLimit: 1 },
      garbage: { young: 0, full: 0, pausedMs: 0 },
    },
    log: { dropped: 0, leftOut: 0 },
    telemetry: {},
    ...more,
  });

/** What the driver is like; a test changes it. */
export class State {
  health = healthOf();
  metrics = metricsOf();
  activity: Activity = { requests: [], leases: [], load: { leases: 0, items: 0, tags: 0 } };
  refusals: Refusal[] = [];
  /** What the other replicas answer. */
  others: object[] = [];
  readonly queries = { descriptions: async () => this.others, serveDescription: () => undefined };
  readonly problems = new RecentProblems();
  readonly readings = new LatestReadings();
  handle: (request: IncomingRequest) => Promise<void> = async () => {
    throw new Error('unexpected request');
  };
}

/** Starts the page in this state; it ends with the test. */
export async function pageForTest(state = new State(), config: Partial<HttpConfig> = {}, options: object = {}) {
  const page = new StatusPage({
    guard: new Guard({ ...CONFIG, ...config }),
    telemetry: {
      health: () => ({ ...state.health, time: new Date().toISOString() }),
      meter: () => ({ read: () => ({ ...state.metrics, time: new Date().toISOString() }) }),
      activity: () => state.activity,
      refusals: () => state.refusals,
      replicas: new Replicas(state.queries, () => state.health),
    },
    ...{ problems: state.problems, readings: state.readings },
    handle: (request) => state.handle(request),
    ...options,
  });
  onTestFinished(() => {
    page.stop();
  });
  return { ...(await serverForTest(page.routes(), config)), state };
}

interface PageEvent {
  readonly event: string;
  readonly data: unknown;
}

/** What a person reads: without markup, and with one blank for each space. Cells of a table end with `|`. */
export const plain = (page: string): string =>
  page
    .replaceAll(/<\/t[hd]>/g, ' | ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(/[ \n]+/g, ' ');

/** A page that listens to live updates. */
export class Listener {
  readonly response: IncomingMessage;
  readonly #events: AsyncGenerator<PageEvent, undefined>;

  static async open(port: number, path: string, headers: Record<string, string> = {}): Promise<Listener> {
    const sent = requestPlain({ host: '127.0.0.1', port, path, agent: new Agent(), headers });
    sent.on('error', () => undefined);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    onTestFinished(() => {
      sent.destroy();
    });
    return new Listener(response);
  }

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.#events = eventsOf(response);
  }

  /** The data of the next event of this kind; the ones before it are passed over. */
  async next(kind: string): Promise<unknown> {
    for (;;) {
      const { value } = await this.#events.next();
      if (value === undefined) throw new Error(`the events ended before "${kind}"`);
      if (value.event === kind) return value.data;
    }
  }

  /** Resolves when the driver ends the events. */
  async ended(): Promise<void> {
    for await (const _ of this.#events);
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<PageEvent, undefined> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const piece of response as AsyncIterable<string>) {
    rest += piece;
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(message) ?? [];
      yield { event, data: JSON.parse(data) as unknown };
    }
  }
  return undefined;
}
