/**
 * An IoT Open platform as a feed: the catalogue from REST says which topic is which function; then live values over MQTT,
 * and after each reconnect the newest values and what was missed, from REST.
 */
import { delayMs, sleep } from '../../bus/backoff.ts';
import { DriverError } from '../../contract/errors.ts';
import { fromMilliseconds, toMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import type { FeedHealth, FeedMetrics } from '../../contract/telemetry.ts';
import { Platform } from '../../sources/iotopen/platform.ts';
import { Condition } from '../condition.ts';
import type { Feed, FeedTools } from '../feed.ts';
import type { Intake } from '../intake.ts';
import { openLink, type Incoming, type LinkCredentials, type MqttLink } from '../mqtt/link.ts';
import { LinkProblem } from '../mqtt/problem.ts';
import { PipelineStopped } from '../pipeline.ts';
import { Ages } from './ages.ts';
import { CatchUp, nanoseconds } from './catch-up.ts';
import { brokerUrlOf, platformOptions, type IotOpenConfig } from './connection.ts';
import { Live } from './live.ts';
import { Places } from './places.ts';
import type { Place } from './place.ts';
import type { Reader } from './topic-map.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Between attempts at what REST refused or failed to give. */
const RETRY = { minMs: 500, maxMs: 30_000 };

/**
 * One configured platform.
 * @param startMs how far back the log is read at start, where the configuration does not say
 */
export function openIotOpenFeed(config: IotOpenConfig, tools: FeedTools, startMs: number): IotOpenFeed {
  return new IotOpenFeed(config, tools, startMs);
}

export class IotOpenFeed implements Feed {
  readonly #config: IotOpenConfig;
  readonly #tools: FeedTools;
  readonly #label: string;
  readonly #intake: Intake;
  readonly #condition: Condition;
  readonly #platform: Platform;
  readonly #ages: Ages;
  readonly #places: Places;
  readonly #catchUp: CatchUp;
  readonly #live: Live;
  readonly #link: MqttLink;
  readonly #stopping = new AbortController();
  #work: Promise<void> | undefined;
  #wake = Promise.withResolvers<undefined>();
  #wantsCatalogue = true;
  #refreshTimer: NodeJS.Timeout | undefined;
  #regularTimer: NodeJS.Timeout | undefined;
  /** Live values come, and what was missed may be read. */
  #caughtUpMayBegin = false;
  #settleTimer: NodeJS.Timeout | undefined;
  /** What is wrong with REST. */
  #restTrouble: DriverError | undefined;
  /** What is wrong with the catalogue. */
  #notices: readonly string[] = [];
  #linkStarted = false;

  constructor(config: IotOpenConfig, tools: FeedTools, startMs: number) {
    const { name, mqtt, tls, backfill } = config;
    const { logger, times } = tools;
    this.#config = config;
    this.#tools = tools;
    this.#label = `IoT Open "${name}"`;
    this.#intake = tools.intake({ scheme: 'iotopen', connection: name });
    this.#condition = new Condition('iotopen', name, logger);
    this.#platform = new Platform(
      platformOptions(config, tools.userAgent, (text) => {
        this.#notice(text);
      }),
    );
    this.#ages = new Ages(() => {
      this.#settle();
    });
    const backMs = backfill.maxHours * HOUR_MS;
    const { atStartMinutes } = backfill;
    this.#places = new Places(
      config,
      nanoseconds(Math.min(backMs, atStartMinutes === undefined ? startMs : atStartMinutes * MINUTE_MS)),
    );
    const onValue = (readers: readonly Reader[], time: Nanoseconds): void => {
      for (const reader of readers) this.#ages.heard(reader, Date.now() - toMilliseconds(time));
    };
    this.#catchUp = new CatchUp({
      ...{ platform: this.#platform, intake: this.#intake, times, onValue, now: this.#now },
      pageRows: backfill.pageRows,
      overlapNs: nanoseconds(backfill.overlapSeconds * 1000),
      mostNs: nanoseconds(backMs),
    });
    this.#live = new Live({
      ...{ intake: this.#intake, places: this.#places, times, onValue },
      onChanged: () => {
        this.#changed();
      },
    });
    this.#link = openLink({
      ...{ tls, logger, version: mqtt.version, clientId: mqtt.clientId, url: brokerUrlOf(config) },
      ...{ keepAliveSeconds: mqtt.keepAliveSeconds, connectTimeoutMs: mqtt.connectTimeoutMs },
      sessionExpirySeconds: mqtt.sessionExpirySeconds,
      receiveMaximum: this.#intake.window,
      label: `${this.#label}, its MQTT broker`,
      credentials: () => this.#credentials(),
      subscriptions: () => this.#places.subscriptions(),
      onMessage: (message: Incoming) => this.#live.take(message),
      full: () => this.#intake.full,
      room: () => this.#intake.room(),
      onState: ({ state }) => {
        if (state !== 'up' && this.#caughtUpMayBegin) this.#disconnected();
        this.#settle();
      },
    });
    this.#link.onUp(() => {
      this.#connected();
    });
  }

  start(): void {
    this.#work ??= this.#run();
    this.#regularTimer ??= setInterval(() => {
      this.#wantsCatalogue = true;
      this.#wake.resolve(undefined);
    }, this.#config.refreshEveryMinutes * MINUTE_MS).unref();
  }

  async stop(deadlineMs: number): Promise<void> {
    for (const timer of [this.#regularTimer, this.#refreshTimer, this.#settleTimer]) clearTimeout(timer);
    this.#ages.stop();
    this.#stopping.abort();
    this.#wake.resolve(undefined);
    // At once: the link takes nothing new from here on, and waits for what the intake still brings to the bus.
    await Promise.all([this.#link.stop(deadlineMs), this.#intake.stop(deadlineMs), this.#work]);
    await this.#platform.close();
    this.#condition.is('stopped');
  }

  health(): FeedHealth {
    const { trouble, lastReceivedMs } = this.#intake;
    const waits = trouble !== undefined && ['up', 'silent', 'waiting'].includes(this.#condition.state);
    return this.#condition.health(lastReceivedMs, waits ? { state: 'waiting', message: trouble } : undefined);
  }

  metrics(): FeedMetrics {
    const numbers = this.#intake.numbers();
    const { mayLose, connections } = this.#link.numbers;
    return {
      ...numbers,
      ...{ kind: 'iotopen', name: this.#config.name, refused: 0, connections },
      // With core NATS every message may get lost, whatever the broker keeps.
      mayLose: this.#intake.mayLose ? numbers.received : mayLose,
    };
  }

  readonly #now = (): Nanoseconds => fromMilliseconds(Date.now());

  /** Does what is wanted of REST, one after the other, and tries again what fails. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<undefined>();
      try {
        const done = await this.#next(signal);
        failures = 0;
        if (this.#restTrouble !== undefined) this.#rest(undefined);
        if (!done) await this.#wake.promise;
      } catch (error) {
        if (this.#stopping.signal.aborted || error instanceof PipelineStopped) return;
        this.#rest(error instanceof DriverError ? error : new DriverError('internal', String(error), { cause: error }));
        await sleep(delayMs(failures++, RETRY), signal);
      }
    }
  }

  /** The next piece of work; false when there is none. */
  async #next(signal: AbortSignal): Promise<boolean> {
    if (this.#wantsCatalogue) {
      this.#wantsCatalogue = false;
      try {
        await this.#readCatalogue(signal);
      } catch (error) {
        this.#wantsCatalogue = true;
        throw error;
      }
      return true;
    }
    if (!this.#caughtUpMayBegin) return false;
    let failed: Error | undefined;
    for (const place of this.#places) {
      try {
        if (await this.#bring(place, signal)) return true;
      } catch (error) {
        if (error instanceof PipelineStopped) throw error;
        // The others need not wait for the one that has trouble.
        failed ??= error as Error;
      }
    }
    if (failed !== undefined) throw failed;
    return false;
  }

  async #readCatalogue(signal: AbortSignal): Promise<void> {
    const { notices, subscriptionsChanged } = await this.#places.read(this.#platform, this.#now(), signal);
    for (const text of notices) if (!this.#notices.includes(text)) this.#notice(text);
    this.#notices = notices;
    this.#ages.expect(this.#places.readers);
    if (!this.#linkStarted) {
      this.#linkStarted = true;
      this.#link.start();
    } else if (subscriptionsChanged) this.#link.refresh();
    const { size } = this.#places;
    this.#tools.logger.debug(
      { connection: this.#config.name, installations: size, topics: this.#places.readers.length },
      'catalogue read',
    );
  }

  /** Brings one thing that a place wants from REST; false when it wants nothing. */
  async #bring(place: Place, signal: AbortSignal): Promise<boolean> {
    const { snapshot, backfill } = this.#config;
    if (place.wantsSnapshot) {
      if (snapshot) await this.#permitted(place, () => this.#catchUp.snapshot(place, signal));
      place.wantsSnapshot = false;
      return true;
    }
    const gap = place.beginFilling(this.#now());
    if (gap === undefined) return false;
    const { from, topics } = gap;
    if (topics !== undefined && snapshot)
      await this.#permitted(place, () => this.#catchUp.snapshot(place, signal, topics));
    const read = backfill.maxHours > 0;
    const cut = read ? await this.#permitted(place, () => this.#catchUp.log(place, from, signal, topics)) : undefined;
    gap.filled();
    if (cut !== undefined) {
      const since = new Date(toMilliseconds(cut)).toISOString();
      this.#noticeOf(place, `values before ${since} were missed and lie further back than backfill.maxHours.`);
    }
    return true;
  }

  /** What the account may not read is left out; to ask again would not help. */
  async #permitted<T>(place: Place, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DriverError) || !['forbidden', 'notFound'].includes(error.code)) throw error;
      this.#noticeOf(place, `${error.message} Newest values or missed values are left out.`);
      return undefined;
    }
  }

  /** Several changes within the delay are one refresh. */
  #changed(): void {
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined;
      this.#wantsCatalogue = true;
      this.#wake.resolve(undefined);
    }, this.#config.refreshDelayMs);
  }

  #connected(): void {
    for (const place of this.#places) place.connected(this.#now());
    // A notice of a change may have been missed; and the platform's log needs a moment for what came last.
    this.#changed();
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#caughtUpMayBegin = true;
      this.#wake.resolve(undefined);
    }, this.#config.refreshDelayMs);
  }

  #disconnected(): void {
    clearTimeout(this.#settleTimer);
    this.#caughtUpMayBegin = false;
    for (const place of this.#places) place.disconnected();
  }

  async #credentials(): Promise<LinkCredentials> {
    try {
      return await this.#platform.mqttLogin(this.#stopping.signal);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
      throw new LinkProblem(
        'unavailable',
        `${this.#label}, its MQTT broker: there is no log-in for it. ${error.message}`,
      );
    }
  }

  #rest(trouble: DriverError | undefined): void {
    const before = this.#restTrouble;
    this.#restTrouble = trouble;
    if (trouble !== undefined && trouble.message !== before?.message) {
      this.#tools.logger.warn({ connection: this.#config.name, err: trouble }, trouble.message);
    }
    this.#settle();
  }

  #notice(text: string): void {
    this.#tools.logger.warn({ connection: this.#config.name }, `${this.#label}: ${text}`);
  }

  #noticeOf({ installation: { clientId, name } }: Place, text: string): void {
    this.#notice(`Installation ${clientId} "${name}": ${text}`);
  }

  /** Sums up REST, MQTT and silence. */
  #settle(): void {
    if (this.#stopping.signal.aborted) return;
    const rest = this.#restTrouble;
    const refused = rest?.code === 'unauthorized' || rest?.code === 'forbidden';
    if (!this.#linkStarted) {
      if (rest !== undefined) this.#condition.is(refused ? 'refused' : 'down', rest.message);
      return;
    }
    const { state, message } = this.#link.state;
    if (state !== 'up') {
      const both =
        rest === undefined || message?.includes(rest.message) === true ? message : `${message ?? ''} ${rest.message}`;
      this.#condition.is(state, both?.trim());
      return;
    }
    const silent = this.#ages.message;
    const goesOn = 'Live values go on with the catalogue of before; what was missed is read later.';
    const text = rest === undefined ? undefined : `${rest.message} ${goesOn}`;
    if (refused) this.#condition.is('refused', text);
    else if (silent !== undefined) this.#condition.is('silent', text === undefined ? silent : `${silent} ${text}`);
    else this.#condition.is('up', text);
  }
}
