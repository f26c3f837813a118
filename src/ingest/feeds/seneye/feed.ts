/**
 * The receiver of seneye's Local Data Exchange as a feed: devices post signed readings over HTTP, and get a success
 * response only when the readings are safe on the bus.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AGE_BOUNDS_MS } from '../../../lib/histogram.ts';
import { withTimeout } from '../../../lib/timeout.ts';
import { answeredEarly, HttpListener } from '../../../net/http-listener.ts';
import { limited } from '../../../contract/log.ts';
import { rejectCodes } from '../../../contract/reading.ts';
import type { FeedHealth } from '../../../contract/health.ts';
import type { FeedMetrics } from '../../../contract/telemetry.ts';
import { MonotonicClock } from '../../../contract/time/monotonic-clock.ts';
import { FeedStatus } from '../../feed-status.ts';
import type { Feed, FeedTools, Refusal } from '../../feed.ts';
import type { ReadingsSinkMetrics } from '../../readings-sink.ts';
import { DeviceWatch } from './device-watch.ts';
import { SenderGone } from './http/http-request.ts';
import { PostReceiver } from './receiver.ts';
import { HttpError, HttpErrorLog, retryAfter } from './http/http-error.ts';
import { Refusals } from './http/refusals.ts';
import type { SeneyeConfig } from './config.ts';
import { Sender } from './sources.ts';

/** There is one listener. Its connections to the bus are named by source. */
const NAME = 'lde';
/** The words for its messages. */
export const NAMES = {
  listener: 'the seneye listener',
  portKey: 'settings.ingest.seneye.port',
  hostKey: 'settings.ingest.seneye.host',
  limits:
    'The limits are settings.ingest.seneye.maxConnectionsPerAddress and maxConnections. Behind a reverse proxy all senders have its address.',
};
/** Time to send the last answers. */
const GOODBYE_MS = 1000;

/** Creates the receiver. It listens after `start`. */
export function openSeneyeFeed(config: SeneyeConfig, tools: FeedTools): SeneyeFeed {
  return new SeneyeFeed(config, tools);
}

export class SeneyeFeed implements Feed {
  readonly #config: SeneyeConfig;
  readonly #tools: FeedTools;
  readonly #sources: ReadonlyMap<string, Sender>;
  readonly #status: FeedStatus;
  readonly #devices: DeviceWatch;
  readonly #receiver: PostReceiver;
  readonly #listener: HttpListener;
  readonly #httpErrors: HttpErrorLog;
  readonly #underWay = new Set<Promise<void>>();
  readonly #refusals = new Refusals();
  #problem: string | undefined;
  #listens = false;
  #stopping = false;
  #refused = 0;

  constructor(config: SeneyeConfig, tools: FeedTools) {
    const { logger, times } = tools;
    this.#config = config;
    this.#tools = tools;
    this.#sources = new Map(
      config.sources.map((source) => [source.source, new Sender(source, (origin) => tools.createSink(origin))]),
    );
    this.#status = new FeedStatus('seneye', NAME, logger);
    this.#httpErrors = new HttpErrorLog(logger);
    const { staleAfterMs } = config;
    this.#devices = new DeviceWatch({
      ...{ staleAfterMs, logger },
      onChange: () => {
        this.#settle();
      },
    });
    const clock = new MonotonicClock();
    this.#receiver = new PostReceiver({
      ...{ config, clock, times, logger },
      sources: this.#sources,
      devices: this.#devices,
      onSigned: (request) => {
        this.#listener.trust(request);
      },
    });
    this.#listener = new HttpListener({
      // Small senders omit the Host header.
      config: { ...config, needsHost: false },
      ...{ names: NAMES, logger },
      onRequest: (request, response, goOn) => {
        this.#serve(request, response, goOn);
      },
      onBroken: () => this.#refused++,
      onState: (state, message) => {
        this.#listens = state === 'up';
        this.#problem = message;
        this.#settle();
      },
    });
  }

  /** The listening port. Undefined while it does not listen. */
  get port(): number | undefined {
    return this.#listener.address?.port;
  }

  start(): void {
    for (const source of this.#sources.values()) this.#devices.expect(source);
    this.#listener.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#listener.refuse();
    this.#devices.stop();
    await Promise.all(this.#sinks().map((sink) => sink.stop(deadlineMs)));
    await withTimeout(GOODBYE_MS, Promise.all(this.#underWay));
    this.#listener.close();
    this.#status.report('stopped');
  }

  health(): FeedHealth {
    const lastMs = Math.max(0, ...this.#sinks().map((sink) => sink.lastReceivedMs ?? 0));
    const works = this.#listens && !this.#stopping;
    const problem = works ? this.#sinks().find((sink) => sink.problem !== undefined)?.problem : undefined;
    const over = problem === undefined ? undefined : ({ state: 'waiting', message: problem } as const);
    const { silent } = this.#devices;
    return {
      ...this.#status.health(lastMs === 0 ? undefined : lastMs, over),
      ...(silent.length === 0 ? {} : { silent }),
    };
  }

  refusals(): Refusal[] {
    return this.#refusals.all;
  }

  metrics(): FeedMetrics {
    const all = this.#sinks().map((sink) => sink.metrics());
    const sum = (count: (numbers: ReadingsSinkMetrics) => number): number =>
      all.reduce((total, numbers) => total + count(numbers), 0);
    const rejected: FeedMetrics['rejected'] = {};
    for (const code of rejectCodes) {
      const count = sum((numbers) => numbers.rejected[code] ?? 0);
      if (count > 0) rejected[code] = count;
    }
    return {
      kind: 'seneye',
      name: NAME,
      received: sum(({ received }) => received),
      readings: sum(({ readings }) => readings),
      duplicates: sum(({ duplicates }) => duplicates),
      rejected,
      refused: this.#refused,
      atMostOnce: this.#receiver.atMostOnce,
      retried: sum(({ retried }) => retried),
      dropped: sum(({ dropped }) => dropped),
      connections: this.#listener.connections,
      waiting: sum(({ waiting }) => waiting),
      ages: [...AGE_BOUNDS_MS, Infinity].map((_bound, at) => sum(({ ages }) => ages[at] ?? 0)),
      agesMs: sum(({ agesMs }) => agesMs),
    };
  }

  #sinks() {
    return [...this.#sources.values()].map(({ sink }) => sink);
  }

  /** Derives the feed status from the listener and the devices. */
  #settle(): void {
    if (this.#stopping) return;
    const { alarm } = this.#devices;
    if (!this.#listens) this.#status.report('down', this.#problem);
    else if (alarm !== undefined) this.#status.report('silent', alarm);
    else this.#status.report('up');
  }

  #serve(request: IncomingMessage, response: ServerResponse, goOn: () => void): void {
    // A sender that disconnects is not an error of the driver.
    response.on('error', () => undefined);
    const served = this.#answer(request, goOn).then(async (answer) => {
      if (answer === undefined) response.destroy();
      else await reply(request, response, answer);
    });
    this.#underWay.add(served);
    void served.finally(() => this.#underWay.delete(served));
  }

  /** Undefined when the sender has gone. */
  async #answer(request: IncomingMessage, goOn: () => void): Promise<Answer | undefined> {
    const page = this.#pageFor(request);
    if (page !== undefined) return { status: 303, headers: { Location: page }, text: 'See the status page.\n' };
    try {
      if (this.#stopping) throw new HttpError('stopping', 503, 'The receiver stops.', { headers: retryAfter(30) });
      await this.#receiver.receive(request, goOn);
      return { status: this.#config.successStatus, headers: {}, text: '' };
    } catch (error) {
      if (error instanceof SenderGone) return undefined;
      if (error instanceof HttpError) {
        if (error.code !== 'busAway' && error.code !== 'stopping') this.#refused++;
        this.#refusals.add(error, request);
        this.#log(error, request);
        return { status: error.status, headers: error.headers, text: `${error.message}\n` };
      }
      const text = 'A seneye post could not be handled; this is a defect of the driver';
      limited(this.#tools.logger).error('seneye fault', { err: error }, text);
      return { status: 500, headers: retryAfter(30), text: 'The receiver failed.\n' };
    }
  }

  /** The status page, for a browser that opens the address of the receiver. Its URL is from the configuration alone. */
  #pageFor({ method, headers, socket }: IncomingMessage): string | undefined {
    const isBrowser = (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true;
    return isBrowser ? this.#tools.statusPage?.(socket.remoteAddress) : undefined;
  }

  #log(error: HttpError, { headers, socket, method, url = '' }: IncomingMessage): void {
    const { 'x-seneye': sourceId } = headers;
    const source = typeof sourceId === 'string' ? sourceId.slice(0, 80) : undefined;
    const known = source === undefined ? undefined : this.#sources.get(source)?.name;
    const from = socket.remoteAddress;
    const path = (url.split('?', 1)[0] ?? '').slice(0, 200);
    this.#httpErrors.log(error, known, { source, from, request: `${method ?? ''} ${path}` });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Resolves when the answer was sent, or cannot be. */
async function reply(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  // The sender did not wait for it. The connection ends only once.
  if (response.closed) return;
  const { status, headers, text } = answer;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  response.once('close', () => {
    resolve(undefined);
  });
  if (!request.complete) answeredEarly(request);
  response.writeHead(status, {
    ...headers,
    ...(text === '' ? {} : { 'Content-Type': 'text/plain; charset=utf-8' }),
    ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(text) }),
    // A sender that was not asked for its body may send it or not, so the following bytes are ambiguous.
    ...(request.complete || request.headers.expect === undefined ? {} : { Connection: 'close' }),
  });
  response.end(text);
  await promise;
}
