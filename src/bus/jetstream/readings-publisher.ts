/**
 * Publishes readings so that none is lost: a message counts as published when JetStream has acknowledged that it is in
 * the stream. The id of a message makes it safe to send it again: within the stream's duplicate window it is stored once.
 */
import { headers, NatsError, type NatsConnection, type PubAck } from 'nats';
import type { BusConnection } from '../connection/connection.ts';
import { headerBytes } from '../connection/outgoing-message.ts';
import { willFitAgain } from '../connection/message-limit.ts';
import { publishSubject } from '../subject.ts';

/** A message for the stream. */
export interface Publication {
  readonly subject: string;
  /** `Nats-Msg-Id`: the same for every delivery of the same thing. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** What became of a message that is safe now. */
export interface Confirmation {
  /** True when the stream had it already. */
  readonly duplicate: boolean;
}

/**
 * Why a message is not safe:
 * - `unavailable`: the bus or the stream is away, for this message and all others; it may have arrived all the same;
 * - `refused`: the stream did not take this message, others may pass;
 * - `lowered`: it does not fit a limit of the server that is too small, and fits again when that is raised; nothing is known
 *   of others;
 * - `tooLarge`: it never fits, so that trying again cannot help.
 */
export type PublishFailureKind = 'unavailable' | 'refused' | 'lowered' | 'tooLarge';

/** The text says what happened and what to do. */
export class PublishFailure extends Error {
  override readonly name = 'PublishFailure';
  readonly kind: PublishFailureKind;

  constructor(kind: PublishFailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

export interface ReadingsPublisher {
  /**
   * Resolves when the message is safe.
   * @throws PublishFailure when it is not, or when nobody knows
   */
  publish(publication: Publication): Promise<Confirmation>;
  /** True where a message that counts as published can still be lost (core NATS). */
  readonly atMostOnce: boolean;
  /** Tells that an attempt is worth while again, for example after a reconnect; returns the end of it. */
  onAvailable(listener: () => void): () => void;
}

export interface StreamPublisherOptions {
  /** Name of the stream that must take the messages; one that another stream takes is not safe where it was meant to be. */
  readonly stream: string;
  /** Why nothing may be published now, for example because the stream throws messages away; undefined when it may. */
  readonly blocked: () => string | undefined;
  /** The stream's limit of one message (max_msg_size) as it is, and the largest that it has been; without one both are infinite. */
  readonly messageLimit?: (() => { readonly now: number; readonly largest: number }) | undefined;
  /** Told when the stream did not answer as it should, so that somebody looks at it again. */
  readonly onDoubt: () => void;
  /** Time that JetStream has for its acknowledgement. */
  readonly timeoutMs: number;
}

/** Publishes to a stream of JetStream, each message acknowledged. */
export function streamPublisher(connection: BusConnection, options: StreamPublisherOptions): ReadingsPublisher {
  const publish = async ({ id, body, subject }: Publication): Promise<Confirmation> => {
    const nc = live(connection);
    const blocked = options.blocked();
    if (blocked !== undefined) throw new PublishFailure('unavailable', blocked);
    const size = sizeOf({ id, body }, options.stream);
    checkSize(connection, nc, size);
    if (size > streamLimit(options).now) throw tooLargeForStream(options, size);
    try {
      const acknowledgement = await nc.jetstream().publish(subject, body, {
        msgID: id,
        timeout: options.timeoutMs,
        expect: { streamName: options.stream },
      });
      checkAcknowledgement(acknowledgement, options.stream);
      return { duplicate: acknowledgement.duplicate };
    } catch (error) {
      // A connection that ends lets its requests time out at once; each of ours lives through one connection only.
      if (nc.isClosed()) throw connectionBroke(error);
      const failure = failureOf(error, options, size);
      if (failure.kind !== 'tooLarge') options.onDoubt();
      throw failure;
    }
  };
  return { publish, atMostOnce: false, onAvailable: (listener) => whenConnected(connection, listener) };
}

/**
 * Publishes over core NATS, as an explicit choice: a message counts as published when the server has taken it, whether
 * or not anybody listens.
 */
export function corePublisher(connection: BusConnection): ReadingsPublisher {
  const publish = async (publication: Publication): Promise<Confirmation> => {
    const nc = live(connection);
    checkSize(connection, nc, sizeOf(publication, undefined));
    try {
      nc.publish(publishSubject(publication.subject), publication.body, { headers: idHeader(publication.id) });
      await nc.flush();
      return { duplicate: false };
    } catch (error) {
      throw connectionBroke(error);
    }
  };
  return { publish, atMostOnce: true, onAvailable: (listener) => whenConnected(connection, listener) };
}

function live(connection: BusConnection): NatsConnection {
  const nc = connection.nats;
  if (nc !== undefined) return nc;
  const why = connection.problem?.message;
  throw new PublishFailure('unavailable', `There is no connection to the bus.${why === undefined ? '' : ` ${why}`}`);
}

const connectionBroke = (cause: unknown): PublishFailure =>
  new PublishFailure('unavailable', 'The connection to the bus broke before the message was safe.', cause);

function whenConnected(connection: BusConnection, listener: () => void): () => void {
  return connection.onState((state) => {
    if (state === 'connected') listener();
  });
}

function idHeader(id: string) {
  const block = headers();
  block.set('Nats-Msg-Id', id);
  return block;
}

/** Bytes of headers and body, which is what the limits count. */
function sizeOf({ id, body }: Omit<Publication, 'subject'>, stream: string | undefined): number {
  const block = idHeader(id);
  if (stream !== undefined) block.set('Nats-Expected-Stream', stream);
  return body.length + headerBytes(block);
}

/** The client would throw, or the server would close the connection. */
function checkSize(connection: BusConnection, nc: NatsConnection, size: number): void {
  const limit = nc.info?.max_payload ?? 0;
  if (size <= limit) return;
  if (willFitAgain(size, limit, connection.largestPayload)) {
    // The same for all messages: no size of one, so that it is one text.
    const text = `The NATS server takes messages of ${limit} bytes at most now (max_payload), so larger readings wait. Set max_payload to 1MB, the default of nats-server.`;
    throw new PublishFailure('lowered', text);
  }
  throw new PublishFailure('tooLarge', `The message has ${size} bytes; the NATS server takes ${limit} at most.`);
}

/**
 * Whoever listens on the subject may answer, and the first answer is taken. A repetition that comes while the first one is
 * still on its way through a cluster is acknowledged with number 0 (nats-server 2.9): it may yet be lost.
 */
function checkAcknowledgement({ stream, seq }: Partial<PubAck>, wanted: string): void {
  if (stream === wanted && seq !== undefined && seq > 0) return;
  const text =
    stream === wanted
      ? `Stream "${wanted}" has the message under way, but not yet safe.`
      : `Something else than stream "${wanted}" has answered to a reading. Nobody but the stream may answer on the subjects of readings.`;
  throw new PublishFailure('unavailable', text);
}

/** JetStream's own numbers of errors. Those that no attempt mends: */
const TOO_LARGE = 10054;
const HEADER_TOO_LARGE = 10097;
/** of the one message: */
const WRONG_STREAM = 10060;
/** of everything that is sent now, besides all with code 503: the account is full, in several ways; the stream is sealed. */
const OF_ALL = [10002, 10028, 10047, 10109];

const streamLimit = ({ messageLimit }: StreamPublisherOptions) =>
  messageLimit?.() ?? { now: Infinity, largest: Infinity };

function tooLargeForStream(options: StreamPublisherOptions, size: number, cause?: unknown): PublishFailure {
  const { stream } = options;
  const { now, largest } = streamLimit(options);
  // A refusal is newer than the last look at the stream.
  if (willFitAgain(size, Math.min(now, size), largest)) {
    const text = `Stream "${stream}" takes only smaller messages now (max_msg_size), so larger readings wait. Set its max_msg_size to -1.`;
    return new PublishFailure('lowered', text, cause);
  }
  return new PublishFailure('tooLarge', `Stream "${stream}" does not take messages of ${size} bytes.`, cause);
}

function failureOf(error: unknown, options: StreamPublisherOptions, size: number): PublishFailure {
  const { stream, timeoutMs } = options;
  if (error instanceof PublishFailure) return error;
  if (!(error instanceof NatsError)) {
    return new PublishFailure('unavailable', `The message could not be published: ${String(error)}`, error);
  }
  const { api_error: refusal } = error;
  if (refusal?.err_code === TOO_LARGE) return tooLargeForStream(options, size, error);
  if (refusal?.err_code === HEADER_TOO_LARGE) {
    return new PublishFailure('tooLarge', `Stream "${stream}" does not take messages with an id of this size.`, error);
  }
  if (refusal?.err_code === WRONG_STREAM) {
    const text = `Another stream than "${stream}" takes the readings. Correct the subjects of the streams, or the name in the configuration.`;
    return new PublishFailure('refused', text, error);
  }
  if (refusal !== undefined) {
    // 503 is a state of the whole stream, such as being full; but a bound on each subject concerns that subject alone.
    const isOfAll = refusal.code === 503 || OF_ALL.includes(refusal.err_code ?? 0);
    const kind = isOfAll && !refusal.description.includes('per subject') ? 'unavailable' : 'refused';
    return new PublishFailure(kind, `Stream "${stream}" did not take the message: ${refusal.description}.`, error);
  }
  switch (error.code) {
    case '503':
      return new PublishFailure('unavailable', `No stream takes the readings now; "${stream}" should.`, error);
    case 'TIMEOUT':
      return new PublishFailure('unavailable', `Stream "${stream}" did not acknowledge within ${timeoutMs} ms.`, error);
    default:
      return new PublishFailure('unavailable', `The message could not be published: ${error.message}.`, error);
  }
}
