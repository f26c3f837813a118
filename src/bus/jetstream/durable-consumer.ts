/** Finds or creates the durable consumer of a stream, which stores the read position, and checks its settings. */
import {
  DeliverPolicy,
  NatsError,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type NatsConnection,
} from 'nats';
import { checkSettings, settingsOf, type SettingsRequirements } from './consumer-config.ts';

export interface ConsumerRequirements extends SettingsRequirements {
  readonly stream: string;
  /** Start position when the consumer is created for the first time. */
  readonly from: 'new' | 'all';
}

/** Read position in a stream before its consumer was lost. */
export interface Position {
  /** Creation time of the stream. Another stream of the same name restarts its sequence. */
  readonly streamCreated: string;
  /** Sequence of the first message that was not processed. */
  readonly next: number;
}

/** Why the consumer cannot be used. The text includes the remedy. */
export class ConsumerProblem extends Error {
  override readonly name = 'ConsumerProblem';
}

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;

/** A usable consumer. */
export interface UsableConsumer {
  readonly streamCreated: string;
  /** All messages up to this stream sequence are processed. 0 if there are none. */
  readonly passed: number;
  /** Settings that could lose messages and were corrected, for the log. */
  readonly corrected: readonly string[];
}

/**
 * Returns the consumer with the required settings. An existing consumer keeps its position.
 * @param position start position if the consumer is missing and was read before
 * @throws ConsumerProblem
 */
export async function ensureConsumer(
  nc: NatsConnection,
  requirements: ConsumerRequirements,
  position: Position | undefined,
): Promise<UsableConsumer> {
  const { stream, durable } = requirements;
  try {
    const manager = await nc.jetstreamManager({ checkAPI: false });
    const { created, state } = await manager.streams.info(stream);
    let info = await infoOf(manager, requirements);
    if (info === undefined) {
      const begin = beginning(requirements, position, { created, last: state.last_seq });
      info = await manager.consumers.add(stream, { ...settingsOf(requirements), ...begin });
    }
    // Also for a new consumer: the stream may have limits for its consumers.
    const corrected = await adapt(manager, requirements, info);
    // For a new consumer the server counts the messages before its start as delivered, but not as acknowledged.
    const { num_ack_pending: pending, delivered, ack_floor: acknowledged } = info;
    return { streamCreated: created, passed: (pending === 0 ? delivered : acknowledged).stream_seq, corrected };
  } catch (error) {
    if (error instanceof ConsumerProblem) throw error;
    throw new ConsumerProblem(textOf(error, { stream, durable }), { cause: error });
  }
}

/** Number of messages that the server counts as delivered and not acknowledged. */
export async function countPendingAcks(nc: NatsConnection, { stream, durable }: ConsumerRequirements): Promise<number> {
  const manager = await nc.jetstreamManager({ checkAPI: false });
  return (await manager.consumers.info(stream, durable)).num_ack_pending;
}

async function infoOf(
  manager: JetStreamManager,
  { stream, durable }: ConsumerRequirements,
): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, durable);
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === CONSUMER_NOT_FOUND) return undefined;
    throw error;
  }
}

/**
 * Changes the consumer to the required settings, as far as the server allows.
 * @returns the corrected settings
 */
async function adapt(
  manager: JetStreamManager,
  requirements: ConsumerRequirements,
  info: ConsumerInfo,
): Promise<readonly string[]> {
  const { stream, durable } = requirements;
  const { wrong, corrected, changes } = checkSettings(info.config, requirements);
  if (wrong.length > 0) {
    throw new ConsumerProblem(
      `Consumer "${durable}" of stream "${stream}" ${wrong.join('; it ')}. Correct that, name another consumer, or delete this one if it is no longer needed.`,
    );
  }
  if (info.paused === true) {
    const until = info.config.pause_until ?? 'later';
    throw new ConsumerProblem(
      `Consumer "${durable}" of stream "${stream}" is paused until ${until}. Reading continues then, or after: nats consumer resume ${stream} ${durable}`,
    );
  }
  if (Object.keys(changes).length === 0) return [];
  const { config } = await manager.consumers.update(stream, durable, changes);
  const { corrected: left } = checkSettings(config, requirements);
  if (left.length > 0) {
    throw new ConsumerProblem(
      `Consumer "${durable}" of stream "${stream}" ${left.join('; it ')}. The NATS server does not change it, because the stream has limits for its consumers (consumer_limits). Remove them.`,
    );
  }
  return corrected;
}

function beginning(
  { from }: ConsumerRequirements,
  position: Position | undefined,
  { created, last }: { created: string; last: number },
): Partial<ConsumerConfig> {
  if (position === undefined) return { deliver_policy: from === 'all' ? DeliverPolicy.All : DeliverPolicy.New };
  // The stream was replaced or restored to an earlier state: all its messages arrived later.
  if (created !== position.streamCreated || last + 1 < position.next) return { deliver_policy: DeliverPolicy.All };
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, position.next) };
}

function textOf(error: unknown, { stream, durable }: { stream: string; durable: string }): string {
  const code = error instanceof NatsError ? error.code : '';
  const refusal = error instanceof NatsError ? error.api_error : undefined;
  if (refusal?.err_code === STREAM_NOT_FOUND)
    return `Stream "${stream}" does not exist, so nothing can be read from it.`;
  if (code === '503')
    return 'The NATS server has no JetStream (for this account), so nothing can be read from the stream.';
  const context = error instanceof NatsError ? error.permissionContext : undefined;
  if (context?.operation === 'subscription') {
    // The subject differs for each request. The text must not, so that it is logged once.
    return `The driver's user may not listen for replies, on ${context.subject.replace(/(?<![^.])[^.]+\.[^.]+$/, '>')}.`;
  }
  const why = error instanceof Error ? error.message : String(error);
  return `Consumer "${durable}" of stream "${stream}" cannot be used: ${why}. The driver needs the rights to $JS.API.CONSUMER.*.${stream}.> and $JS.ACK.${stream}.>.`;
}
