/**
 * The driver as a NATS service. It answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, for all, by name and by id, as
 * NATS tools expect (NATS ADR-32). The client's own implementation is not used: it ends the whole service, including
 * the request endpoint, when the user lacks a permission for `$SRV`; it counts only the synchronous part of a handler;
 * it becomes another instance with each connection; and an answer that does not fit max_payload is an unhandled
 * rejection.
 */
import { randomUUID } from 'node:crypto';
import type { Msg, NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import type { BusConnection } from '../connection/connection.ts';
import { KeptSubscription } from '../connection/kept-subscription.ts';
import type { ReplyRule } from '../subject.ts';

export interface ServiceDescription {
  /** Letters, digits, `-` and `_`. */
  name: string;
  /** Semantic version. */
  version: string;
  description: string;
  metadata: Record<string, string>;
  endpoint: { name: string; subject: string; queue: string };
}

/** The endpoint's counts since its start. */
export interface ServiceNumbers {
  requests: number;
  errors: number;
  /** Text of the last error, or empty. */
  lastError: string;
  /** Sum of the time from the arrival of a request to its last message. */
  processingMs: number;
  /** Additional data for operators. */
  data: object;
}

export interface ServiceDiscoveryOptions {
  logger: Logger;
  /** Which reply subjects are allowed. A request with another subject is dropped. */
  replyRule: ReplyRule;
  /** Delay before a refused subscription is tried again. Default 5 s. */
  resubscribeMs?: number | undefined;
}

const namePattern = /^[\w-]+$/;
const versionPattern = /^\d+\.\d+\.\d+(?:-[\dA-Za-z.-]+)?(?:\+[\dA-Za-z.-]+)?$/;

/**
 * Answers discovery on the live connection and all later ones. Returns a function that ends it. Throws on an invalid
 * description.
 */
export function announceService(
  connection: BusConnection,
  service: ServiceDescription,
  numbers: () => ServiceNumbers,
  options: ServiceDiscoveryOptions,
): () => void {
  if (!namePattern.test(service.name)) throw new Error(`"${service.name}" is not a name for a NATS service.`);
  if (!versionPattern.test(service.version)) throw new Error(`"${service.version}" is not a semantic version.`);
  const { name, version, metadata } = service;
  const identity = { name, id: randomUUID(), version, metadata };
  const started = new Date().toISOString();
  const { name: endpointName, subject, queue } = service.endpoint;
  const endpoint = { name: endpointName, subject, queue_group: queue };

  const answers: Record<string, () => object> = {
    PING: () => ({ type: 'io.nats.micro.v1.ping_response', ...identity }),
    INFO: () => ({
      type: 'io.nats.micro.v1.info_response',
      ...identity,
      description: service.description,
      endpoints: [{ ...endpoint, metadata: {} }],
    }),
    STATS: () => ({
      type: 'io.nats.micro.v1.stats_response',
      ...identity,
      started,
      endpoints: [{ ...endpoint, ...statistics(numbers()) }],
    }),
  };

  const subscriptions = Object.entries(answers).flatMap(([verb, answer]) =>
    ['', `.${name}`, `.${name}.${identity.id}`].map(
      (suffix) =>
        new KeptSubscription(connection, {
          subject: `$SRV.${verb}${suffix}`,
          resubscribeMs: options.resubscribeMs,
          onMessage: (message, nc) => {
            respond(message, answer, nc, options);
          },
          onRefused: (err) => {
            options.logger.debug({ err }, 'Service discovery is not allowed for this user; it is tried again');
          },
          // Drains the subscription on a replaced connection. One that has ended ignores this.
          onMoved: ({ subscription }) => {
            subscription.unsubscribe();
            return undefined;
          },
        }),
    ),
  );
  return () => {
    for (const kept of subscriptions) {
      kept.stop();
      kept.current?.subscription.unsubscribe();
    }
  };
}

/** Times in nanoseconds, as ADR-32 requires. */
function statistics({ requests, errors, lastError, processingMs, data }: ServiceNumbers): object {
  const processing = Math.round(processingMs * 1e6);
  return {
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: processing,
    average_processing_time: requests === 0 ? 0 : Math.round(processing / requests),
    data,
  };
}

/** Must not throw into the client's reader. */
function respond(
  message: Msg,
  answer: () => object,
  nc: NatsConnection,
  { logger, replyRule }: ServiceDiscoveryOptions,
): void {
  try {
    if (replyRule(message.reply ?? '') !== undefined) return;
    const body = Buffer.from(JSON.stringify(answer()), 'utf8');
    if (body.length > (nc.info?.max_payload ?? 0)) {
      limited(logger).warn(
        'discovery',
        { subject: message.subject, bytes: body.length },
        'An answer of service discovery exceeds max_payload',
      );
      return;
    }
    message.respond(body);
  } catch (error) {
    const facts = { err: error, subject: message.subject };
    limited(logger).error('discovery', facts, 'Service discovery failed');
  }
}
