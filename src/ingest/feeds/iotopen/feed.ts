/**
 * An IoT Open platform as a feed. The catalogue from REST maps topics to functions. Live values arrive over MQTT. After
 * each reconnect the newest values and the missing ones are read from REST.
 */
import { withTimeout } from '../../../lib/timeout.ts';
import type { DriverError } from '../../../contract/errors.ts';
import { fromMilliseconds, toMilliseconds, type Nanoseconds } from '../../../contract/time/instant.ts';
import { limited } from '../../../contract/log.ts';
import type { FeedHealth } from '../../../contract/health.ts';
import type { FeedMetrics } from '../../../contract/telemetry.ts';
import { Platform } from '../../../sources/iotopen/platform.ts';
import { StatusReporter } from '../../../lib/status-reporter.ts';
import { FeedStatus } from '../../feed-status.ts';
import type { Feed, FeedTools } from '../../feed.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import { openBrokerClient, type Incoming, type BrokerClient } from '../../../mqtt/client.ts';
import { MaxAgeWatch } from './max-age-watch.ts';
import { Backfill, nanoseconds } from './backfill.ts';
import type { IotOpenConfig } from './config.ts';
import { brokerConnection, platformOptions } from './connection.ts';
import { SyncLoop } from './sync-loop.ts';
import { Live } from './live.ts';
import { InstallationStates } from './installation-states.ts';
import type { Reader } from './topic-map.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * One configured platform.
 * @param startMs how far back the log is read at start, if the configuration does not set it
 */
export function openIotOpenFeed(config: IotOpenConfig, tools: FeedTools, startMs: number): IotOpenFeed {
  return new IotOpenFeed(config, tools, startMs);
}

type RestState = 'up' | 'refused' | 'down';

const LIVE_CONTINUES = 'Live values continue with the previous catalogue; missed values are read later.';

export class IotOpenFeed implements Feed {
  readonly #config: IotOpenConfig;
  readonly #tools: FeedTools;
  readonly #label: string;
  readonly #sink: ReadingsSink;
  readonly #status: FeedStatus;
  readonly #platform: Platform;
  readonly #maxAges: MaxAgeWatch;
  readonly #states: InstallationStates;
  readonly #syncLoop: SyncLoop;
  readonly #live: Live;
  readonly #broker: BrokerClient;
  readonly #stopping = new AbortController();
  /** Whether REST works. */
  readonly #rest: StatusReporter<RestState>;
  #restFailure: DriverError | undefined;
  /** Problems of the catalogue. */
  #notices: readonly string[] = [];
  #brokerStarted = false;
  #brokerIsUp = false;

  constructor(config: IotOpenConfig, tools: FeedTools, startMs: number) {
    const { name } = config;
    const { logger, times } = tools;
    this.#config = config;
    this.#tools = tools;
    this.#label = `IoT Open "${name}"`;
    this.#sink = tools.createSink({ scheme: 'iotopen', connection: name });
    this.#status = new FeedStatus('iotopen', name, logger);
    this.#rest = new StatusReporter<RestState>({
      initial: 'up',
      log: ({ message }) => {
        if (message !== undefined) this.#warn('REST', message, { err: this.#restFailure });
      },
      onChange: () => {
        this.#settle();
      },
    });
    const options = platformOptions(config, tools.userAgent, (text) => {
      this.#notice(text);
    });
    this.#platform = new Platform({ ...options, clock: tools.clock });
    this.#maxAges = new MaxAgeWatch(() => {
      this.#settle();
    });
    const { maxHours, atStartMinutes, overlapSeconds, pageRows } = config.backfill;
    const backMs = maxHours * HOUR_MS;
    this.#states = new InstallationStates(
      config,
      nanoseconds(Math.min(backMs, atStartMinutes === undefined ? startMs : atStartMinutes * MINUTE_MS)),
      { overlapNs: nanoseconds(overlapSeconds * 1000), mostNs: nanoseconds(backMs) },
    );
    const onValue = (readers: readonly Reader[], time: Nanoseconds): void => {
      for (const reader of readers) this.#maxAges.heard(reader, Date.now() - toMilliseconds(time));
    };
    const now = (): Nanoseconds => fromMilliseconds(Date.now());
    const backfill = new Backfill({
      ...{ platform: this.#platform, sink: this.#sink, times, onValue, now },
      pageRows,
    });
    this.#syncLoop = new SyncLoop({
      ...{ platform: this.#platform, states: this.#states, backfill, now, clock: tools.clock },
      ...{ snapshot: config.snapshot, log: maxHours > 0 },
      delayMs: config.refreshDelayMs,
      everyMs: config.refreshEveryMinutes * MINUTE_MS,
      onCatalogue: (notices) => {
        this.#catalogueRead(notices);
      },
      onResult: (failure) => {
        this.#restFailure = failure;
        this.#rest.report(restStateOf(failure), failure?.message);
      },
      onNotice: (text) => {
        this.#notice(text);
      },
    });
    this.#live = new Live({
      ...{ sink: this.#sink, states: this.#states, times, onValue },
      onChanged: () => {
        this.#syncLoop.changed();
      },
    });
    this.#broker = openBrokerClient({
      ...brokerConnection(config, this.#platform, this.#stopping.signal),
      logger,
      receiveMaximum: this.#sink.window,
      subscriptions: () => this.#states.subscriptions(),
      onMessage: (message: Incoming) => this.#live.receive(message),
      full: () => this.#sink.full,
      whenReady: () => this.#sink.whenReady(),
      onState: ({ state }) => {
        // A refused subscription does not affect the others. A lost connection is reported at the next one at the
        // latest.
        if (state !== 'up' && state !== 'refused' && this.#brokerIsUp) {
          this.#brokerIsUp = false;
          this.#syncLoop.disconnected();
        }
        this.#settle();
      },
    });
    this.#broker.onSubscribed((granted) => {
      // A change notification may have been missed.
      if (!this.#brokerIsUp) this.#syncLoop.changed();
      this.#brokerIsUp = true;
      this.#syncLoop.answered(granted);
    });
  }

  start(): void {
    this.#syncLoop.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#maxAges.stop();
    this.#stopping.abort();
    // A login in progress may complete, since it can return a token that must be saved. Its answer may also never
    // arrive.
    const syncLoopEnd = withTimeout(deadlineMs, this.#syncLoop.stop());
    // In parallel: the client accepts no more messages from here on, and waits for the sink to publish those in
    // progress.
    await Promise.all([this.#broker.stop(deadlineMs), this.#sink.stop(deadlineMs), syncLoopEnd]);
    await this.#platform.close();
    this.#status.report('stopped');
  }

  health(): FeedHealth {
    const { problem, lastReceivedMs } = this.#sink;
    const waits = problem !== undefined && ['up', 'silent', 'waiting'].includes(this.#status.state);
    return this.#status.health(lastReceivedMs, waits ? { state: 'waiting', message: problem } : undefined);
  }

  metrics(): FeedMetrics {
    const numbers = this.#sink.metrics();
    const { atMostOnce, connections } = this.#broker.metrics;
    return {
      ...numbers,
      ...{ kind: 'iotopen', name: this.#config.name, refused: 0, connections },
      // With core NATS every message can be lost, even if the broker keeps it.
      atMostOnce: this.#sink.atMostOnce ? numbers.received : atMostOnce,
    };
  }

  #catalogueRead(notices: readonly string[]): void {
    for (const text of notices) if (!this.#notices.includes(text)) this.#notice(text);
    this.#notices = notices;
    const { readers, size } = this.#states;
    this.#maxAges.expect(readers);
    const facts = { connection: this.#config.name, installations: size, values: readers.length };
    this.#tools.logger.debug(facts, `${this.#label}: the catalogue was read`);
    if (this.#brokerStarted) {
      this.#broker.refresh();
      return;
    }
    this.#brokerStarted = true;
    this.#broker.start();
  }

  #notice(text: string): void {
    this.#warn('notice', text.startsWith(this.#label) ? text : `${this.#label}: ${text}`);
  }

  #warn(kind: string, text: string, facts: object = {}): void {
    limited(this.#tools.logger).warn(`${this.#label}: ${kind}`, { connection: this.#config.name, ...facts }, text);
  }

  /** Combines the states of REST, MQTT and the staleness watch. */
  #settle(): void {
    if (this.#stopping.signal.aborted) return;
    const { state: restState, message: restProblem } = this.#rest;
    if (!this.#brokerStarted) {
      if (restState !== 'up') this.#status.report(restState, restProblem);
      return;
    }
    const { state, message } = this.#broker.state;
    if (state !== 'up') {
      const isNamed = restProblem === undefined || message?.includes(restProblem) === true;
      this.#status.report(state, isNamed ? message : [message, restProblem].filter(Boolean).join(' '));
      return;
    }
    const silent = this.#maxAges.message;
    const text = restProblem === undefined ? undefined : `${restProblem} ${LIVE_CONTINUES}`;
    if (restState === 'refused') this.#status.report('refused', text);
    else if (silent !== undefined) this.#status.report('silent', text === undefined ? silent : `${silent} ${text}`);
    else this.#status.report('up', text);
  }
}

function restStateOf(failure: DriverError | undefined): RestState {
  if (failure === undefined) return 'up';
  return failure.code === 'unauthorized' || failure.code === 'forbidden' ? 'refused' : 'down';
}
