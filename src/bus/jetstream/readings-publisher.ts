/**
 * Publishes readings without loss: a message counts as published when JetStream has acknowledged that it is stored. The
 * message id makes a repeat safe: within the stream's duplicate window it is stored once.
 */
import { headers, NatsError, type NatsConnection, type PubAck } from 'nats';
import type { BusConnection } from '../connection/connection.ts';
import { headerBytes, willFitAgain } from '../connection/message-limit.ts';
import { publishChannel, type PublishWork, type TraceHeaders, traced } from '../../lib/traced-work.ts';
import { setTrace } from '../trace-headers.ts';
import { publishSubject } from '../subject.ts';
import { roundTrip } from '../connection/round-trip.ts';

/** A message for the stream. */
export interface Publication {
  readonly subject: string;
  /** `Nats-Msg-Id`: the same for every delivery of the same item. */
  readonly id: string;
  readonly body: Uint8Array;
}

/** Result for a message that is stored. */
export interface Confirmation {
  /** True if the stream had stored it before. */
  readonly duplicate: boolean;
}

/**
 * Why a message is not stored:
 * - `unavailable`: the bus or the stream is unavailable for all messages. The message may still have been stored.
 * - `refused`: the stream rejected this message. Others may succeed.
 * - `lowered`: it exceeds a server limit that is too small, and fits again when that is raised. Other messages may fit.
 * - `tooLarge`: it never fits, so a retry does not help.
 */
export type PublishFailureKind = 'unavailable' | 'refused' | 'lowered' | 'tooLarge';

/** The text gives the cause and the remedy. */
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
   * Resolves when the message is stored.
   * @throws PublishFailure when it is not, or when the result is unknown
   */
  publish(publication: Publication): Promise<Confirmation>;
  /** True if a message that counts as published can still be lost (core NATS). */
  readonly atMostOnce: boolean;
  /** Reports that a retry can succeed, for example after a reconnect. Returns a function that unsubscribes. */
  onAvailable(listener: () => void): () => void;
}

export interface StreamPublisherOptions {
  /** Name of the stream that must store the messages. A message that another stream stores is not safe. */
  readonly stream: string;
  /** Why publishing is blocked, for example because the stream discards messages. Undefined while it is allowed. */
  readonly blocked: () => string | undefined;
  /** The stream's current message limit (max_msg_size) and the largest so far. Without a limit both are infinite. */
  readonly messageLimit?: (() => { readonly now: number; readonly largest: number }) | undefined;
  /** Called when the stream did not answer as expected, so that it is checked again. */
  readonly onUnexpected: () => void;
  /** Timeout of the JetStream acknowledgement. */
  readonly timeoutMs: number;
}

/** Publishes to a JetStream stream, each message acknowledged. */
export function streamPublisher(connection: BusConnection, options: StreamPublisherOptions): ReadingsPublisher {
  const publish = async ({ id, body, subject }: Publication, trace?: TraceHeaders): Promise<Confirmation> => {
    const nc = live(connection);
    const blocked = options.blocked();
    if (blocked !== undefined) throw new PublishFailure('unavailable', blocked);
    const size = sizeOf({ id, body }, options.stream, trace);
    checkSize(connection, nc, size);
    if (size > streamLimit(options).now) throw tooLargeForStream(options, size);
    try {
      const acknowledgement = await nc.jetstream().publish(subject, body, {
        msgID: id,
        timeout: options.timeoutMs,
        expect: { streamName: options.stream },
        ...(trace === undefined ? {} : { headers: traceHeaders(trace) }),
      });
      checkAcknowledgement(acknowledgement, options.stream);
      return { duplicate: acknowledgement.duplicate };
    } catch (error) {
      // A connection that ends lets its requests time out at once. Each publish request uses one connection only.
      if (nc.isClosed()) throw connectionBroke(error);
      const failure = failureOf(error, options, size);
      if (failure.kind !== 'tooLarge') options.onUnexpected();
      throw failure;
    }
  };
  return {
    publish: recorded(publish),
    atMostOnce: false,
    onAvailable: (listener) => whenConnected(connection, listener),
  };
}

/**
 * Publishes over core NATS, as an explicit choice: a message counts as published when the server has received it,
 * whether or not there is a subscriber.
 */
export function corePublisher(connection: BusConnection): ReadingsPublisher {
  const publish = async (publication: Publication, trace?: TraceHeaders): Promise<Confirmation> => {
    const nc = live(connection);
    checkSize(connection, nc, sizeOf(publication, undefined, trace));
    try {
      const { subject, body, id } = publication;
      nc.publish(publishSubject(subject), body, { headers: idHeader(id, trace) });
      await roundTrip(nc);
      return { duplicate: false };
    } catch (error) {
      throw connectionBroke(error);
    }
  };
  return {
    publish: recorded(publish),
    atMostOnce: true,
    onAvailable: (listener) => whenConnected(connection, listener),
  };
}

/** The same, recorded where publishing is traced. */
function recorded(
  publish: (publication: Publication, trace?: TraceHeaders) => Promise<Confirmation>,
): ReadingsPublisher['publish'] {
  return (publication) => {
    if (!publishChannel.hasSubscribers) return publish(publication);
    const work: PublishWork = { subject: publication.subject, id: publication.id, bytes: publication.body.length };
    return traced(publishChannel, work, async () => {
      const confirmation = await publish(publication, work.outgoing);
      work.duplicate = confirmation.duplicate;
      return confirmation;
    });
  };
}

function live(connection: BusConnection): NatsConnection {
  const nc = connection.nats;
  if (nc !== undefined) return nc;
  const why = connection.problem?.message;
  throw new PublishFailure('unavailable', `There is no connection to the bus.${why === undefined ? '' : ` ${why}`}`);
}

const connectionBroke = (cause: unknown): PublishFailure =>
  new PublishFailure('unavailable', 'The connection to the bus ended before the message was stored.', cause);

function whenConnected(connection: BusConnection, listener: () => void): () => void {
  return connection.onState((state) => {
    if (state === 'connected') listener();
  });
}

function idHeader(id: string, trace?: TraceHeaders) {
  const block = trace === undefined ? headers() : traceHeaders(trace);
  block.set('Nats-Msg-Id', id);
  return block;
}

function traceHeaders(trace: TraceHeaders) {
  const block = headers();
  setTrace(block, trace);
  return block;
}

/** Bytes of headers and body, which the limits count. */
function sizeOf(
  { id, body }: Omit<Publication, 'subject'>,
  stream: string | undefined,
  trace: TraceHeaders | undefined,
): number {
  const block = idHeader(id, trace);
  if (stream !== undefined) block.set('Nats-Expected-Stream', stream);
  return body.length + headerBytes(block);
}

/** Checks the size first: otherwise the client throws, or the server closes the connection. */
function checkSize(connection: BusConnection, nc: NatsConnection, size: number): void {
  const limit = nc.info?.max_payload ?? 0;
  if (size <= limit) return;
  if (willFitAgain(size, limit, connection.largestPayload)) {
    // The text is the same for all messages: it does not contain the size of one.
    const text = `The NATS server accepts messages of at most ${limit} bytes (max_payload), so larger readings wait. Set max_payload to 1MB, the default of nats-server.`;
    throw new PublishFailure('lowered', text);
  }
  throw new PublishFailure('tooLarge', `The message has ${size} bytes; the NATS server accepts at most ${limit}.`);
}

/**
 * Any subscriber of the subject may answer, and the first answer counts. nats-server 2.9 acknowledges a repeat with
 * sequence 0 while the first message is still in transit through a cluster: it may yet be lost.
 */
function checkAcknowledgement({ stream, seq }: Partial<PubAck>, wanted: string): void {
  if (stream === wanted && seq !== undefined && seq > 0) return;
  const text =
    stream === wanted
      ? `Stream "${wanted}" has received the message, but has not stored it yet.`
      : `A subscriber other than stream "${wanted}" answered a reading. Only the stream may answer on the subjects of readings.`;
  throw new PublishFailure('unavailable', text);
}

/** JetStream error codes. Codes that a retry does not fix: */
const TOO_LARGE = 10054;
const HEADER_TOO_LARGE = 10097;
/** Codes for one message: */
const WRONG_STREAM = 10060;
/**
 * Codes for all messages, besides all with status 503: the account is full, in several ways, or the stream is sealed.
 */
const OF_ALL = [10002, 10028, 10047, 10109];

const streamLimit = ({ messageLimit }: StreamPublisherOptions) =>
  messageLimit?.() ?? { now: Infinity, largest: Infinity };

function tooLargeForStream(options: StreamPublisherOptions, size: number, cause?: unknown): PublishFailure {
  const { stream } = options;
  const { now, largest } = streamLimit(options);
  // The rejection is newer than the last check of the stream.
  if (willFitAgain(size, Math.min(now, size), largest)) {
    const text = `Stream "${stream}" accepts only smaller messages (max_msg_size), so larger readings wait. Set its max_msg_size to -1.`;
    return new PublishFailure('lowered', text, cause);
  }
  return new PublishFailure('tooLarge', `Stream "${stream}" does not accept messages of ${size} bytes.`, cause);
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
    return new PublishFailure(
      'tooLarge',
      `Stream "${stream}" does not accept messages with an id of this size.`,
      error,
    );
  }
  if (refusal?.err_code === WRONG_STREAM) {
    const text = `A stream other than "${stream}" stores the readings. Correct the subjects of the streams, or the name in the configuration.`;
    return new PublishFailure('refused', text, error);
  }
  if (refusal !== undefined) {
    // 503 is a state of the whole stream, such as being full. But a limit per subject affects that subject alone.
    const isOfAll = refusal.code === 503 || OF_ALL.includes(refusal.err_code ?? 0);
    const kind = isOfAll && !refusal.description.includes('per subject') ? 'unavailable' : 'refused';
    return new PublishFailure(kind, `Stream "${stream}" did not accept the message: ${refusal.description}.`, error);
  }
  switch (error.code) {
    case '503':
      return new PublishFailure('unavailable', `No stream accepts the readings; "${stream}" should.`, error);
    case 'TIMEOUT':
      return new PublishFailure('unavailable', `Stream "${stream}" did not acknowledge within ${timeoutMs} ms.`, error);
    default:
      return new PublishFailure('unavailable', `The message could not be published: ${error.message}.`, error);
  }
}
