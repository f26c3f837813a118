/**
 * Handles one post: identifies the sender, checks the signature, decodes the content, and answers. A success is
 * answered only after the bus has acknowledged every reading.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { limited, type Logger } from '../../../contract/log.ts';
import type { MonotonicClock } from '../../../contract/time/monotonic-clock.ts';
import type { TimeLimits } from '../../source-timestamp.ts';
import { Stopped } from '../../../lib/stopped.ts';
import { withTimeout } from '../../../lib/timeout.ts';
import type { DecodedMessage } from '../../reading.ts';
import type { DeviceWatch } from './device-watch.ts';
import { readBody, readHead } from './http/http-request.ts';
import { JwsError, readJws, type Jws } from './jws.ts';
import { PostError, readPost, type Post } from './post.ts';
import { RateLimit } from './http/rate-limit.ts';
import { readingsOf } from './readings.ts';
import { HttpError, retryAfter } from './http/http-error.ts';
import type { SeneyeConfig } from './config.ts';
import type { Sender, Signer } from './sources.ts';
import { readTime } from './values.ts';

export interface ReceiverOptions {
  readonly config: SeneyeConfig;
  /** Senders by the id in the header. */
  readonly sources: ReadonlyMap<string, Sender>;
  readonly devices: DeviceWatch;
  /** Called when a request had a valid signature. */
  readonly onSigned: (request: IncomingMessage) => void;
  readonly clock: MonotonicClock;
  readonly times: TimeLimits;
  readonly logger: Logger;
}

/** A message from a known sender with a valid signature. */
interface Signed {
  readonly source: Sender;
  readonly payload: Buffer;
  readonly signer: Signer;
}

/** Seconds after which a sender should retry if the bus is unavailable. */
const AGAIN_SECONDS = 30;
const UNKNOWN_SENDERS = 'unknown senders';

export class PostReceiver {
  readonly #options: ReceiverOptions;
  /** Valid posts, by source. Invalid ones, by source and address, so that a forger cannot block the device. */
  readonly #posts: RateLimit;
  readonly #wrong: RateLimit;
  /** Posts that wait for the bus, by content: a repeat meanwhile waits for the same result. */
  readonly #waiting = new Map<string, Promise<void>>();
  #atMostOnce = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#posts = new RateLimit(options.config.rateLimit);
    this.#wrong = new RateLimit(options.config.rateLimit);
  }

  /** Posts accepted over core NATS, where they can be lost. */
  get atMostOnce(): number {
    return this.#atMostOnce;
  }

  /**
   * Resolves when the sender may discard its post.
   * @param goOn asks a sender that waits for it to send the body
   * @throws HttpError with the answer for the sender
   * @throws SenderGone
   */
  async receive(request: IncomingMessage, goOn: () => void): Promise<void> {
    const { config } = this.#options;
    const sourceId = readHead(request, config);
    const source = this.#sourceOf(sourceId);
    const sender = `${sourceId} ${request.socket.remoteAddress ?? ''}`;
    const waitSeconds = this.#wrong.waitSeconds(sender);
    if (waitSeconds > 0) throw tooMany(waitSeconds);
    this.#checkRoom(source);
    goOn();
    const body = await readBody(request, config);
    const received = this.#options.clock.now();
    try {
      const signed = await check(source, body);
      const post = read(signed);
      this.#options.onSigned(request);
      if (!this.#posts.take(sourceId)) throw tooMany(this.#posts.waitSeconds(sourceId));
      await this.#accept(signed, post, received);
    } catch (error) {
      const failure = error instanceof JwsError ? new HttpError('malformed', 400, sentence(error.message)) : error;
      if (failure instanceof HttpError && (failure.code === 'malformed' || failure.code === 'signature')) {
        this.#wrong.take(sender);
      }
      if (failure instanceof HttpError && failure.code === 'signature') throw this.#withStatus(failure);
      throw failure;
    }
  }

  #sourceOf(sourceId: string): Sender {
    const source = this.#options.sources.get(sourceId);
    if (source !== undefined) return source;
    if (!this.#wrong.take(UNKNOWN_SENDERS)) throw tooMany(this.#wrong.waitSeconds(UNKNOWN_SENDERS));
    throw new HttpError('unknownSource', this.#options.config.unknownSourceStatus, 'The sender is not known here.', {
      hint: 'If it is yours, add the id in its X-SENEYE header to settings.ingest.seneye.sources.',
    });
  }

  #checkRoom({ sink }: Sender): void {
    if (this.#waiting.size < this.#options.config.maxWaiting && !sink.full) return;
    throw new HttpError('busy', 503, 'Too many posts wait for the bus.', { headers: retryAfter(AGAIN_SECONDS) });
  }

  async #accept(signed: Signed, post: Post | PostError, received: bigint): Promise<void> {
    const { source, payload } = signed;
    const { times, config, devices, logger } = this.#options;
    let message: DecodedMessage;
    if (post instanceof PostError) {
      message = { measurements: [], rejects: [{ code: post.code, reason: post.message, payload, received }] };
      limited(logger).warn(
        `seneye post of ${source.name}`,
        { connection: source.name, reason: post.code },
        `A signed seneye post cannot be read: ${post.message}`,
      );
    } else {
      const name = source.deviceName(post.sud);
      devices.heard(source, source.idOf(post.sud), name ?? post.name);
      message = readingsOf(post, payload, received, { times, outOfWater: config.outOfWater, name });
    }
    // Without a timestamp, an identical post may be a new one.
    const same = post instanceof PostError || readTime(post.timestamp) !== undefined;
    const key = `${source.name}/${hash('sha256', payload)}${same ? '' : `/${received}`}`;
    await this.#acknowledged(this.#waiting.get(key) ?? this.#publish(key, source, message));
  }

  #publish(key: string, source: Sender, message: DecodedMessage): Promise<void> {
    this.#checkRoom(source);
    if (source.sink.atMostOnce) this.#atMostOnce++;
    const published = source.sink.publish(message).finally(() => this.#waiting.delete(key));
    this.#waiting.set(key, published);
    // The waiting requests may have ended by then.
    published.catch(() => undefined);
    return published;
  }

  /** @throws HttpError if that does not happen in time */
  async #acknowledged(published: Promise<void>): Promise<void> {
    const { ackTimeoutMs } = this.#options.config;
    let acknowledged: true | undefined;
    try {
      acknowledged = await withTimeout(
        ackTimeoutMs,
        published.then(() => true as const),
      );
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      throw new HttpError('stopping', 503, 'The receiver stops.', { headers: retryAfter(AGAIN_SECONDS) });
    }
    if (acknowledged) return;
    throw new HttpError('busAway', 503, `The bus did not take the readings within ${ackTimeoutMs} ms.`, {
      headers: retryAfter(AGAIN_SECONDS),
      hint: 'They stay under way as long as the driver runs.',
    });
  }

  #withStatus({ code, message, hint }: HttpError): HttpError {
    return new HttpError(code, this.#options.config.badSignatureStatus, message, hint === undefined ? {} : { hint });
  }
}

/** @throws HttpError, JwsError */
async function check(source: Sender, body: Buffer): Promise<Signed> {
  const jws = readJws(body);
  const signer = await signerOf(source, jws);
  if (signer === undefined) {
    throw new HttpError('signature', 401, 'The signature is wrong.', {
      hint: 'Is the secret of this source the one that the settings of the sender show?',
    });
  }
  return { source, payload: jws.payload, signer };
}

async function signerOf(source: Sender, jws: Jws): Promise<Signer | undefined> {
  try {
    return await source.signerOf(jws);
  } catch (error) {
    throw new HttpError('noSecret', 503, 'The receiver cannot check signatures now.', {
      headers: retryAfter(AGAIN_SECONDS),
      hint: error instanceof Error ? error.message : String(error),
    });
  }
}

/** @throws HttpError if the device must sign with another secret */
function read({ source, payload, signer }: Signed): Post | PostError {
  let post: Post;
  try {
    post = readPost(payload);
  } catch (error) {
    if (error instanceof PostError) return error;
    throw error;
  }
  if (source.mayBeSignedBy(signer, post.sud)) return post;
  throw new HttpError('signature', 401, 'The signature is not that of the device.', {
    hint: 'The device has a secret of its own in the configuration; its posts must be signed with that, and no others.',
  });
}

const tooMany = (waitSeconds: number): HttpError =>
  new HttpError('tooMany', 429, 'Too many posts.', { headers: retryAfter(waitSeconds) });

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
