/**
 * Checks the stream for readings: that it exists, accepts the subjects, has a long enough duplicate window, and keeps
 * what it acknowledges. Creates the stream only if that is allowed, and never changes an existing one.
 */
import { DiscardPolicy, NatsError, RetentionPolicy, StorageType, type NatsConnection, type StreamConfig } from 'nats';
import type { BusConnection } from '../connection/connection.ts';
import type { Logger } from '../../contract/log.ts';
import { StatusReporter, type Status } from '../../lib/status-reporter.ts';
import { leastLimit } from '../connection/message-limit.ts';

export interface StreamRequirements {
  readonly name: string;
  /** Subjects that the stream must accept, as patterns. */
  readonly subjects: readonly string[];
  /** Minimum duplicate window, in milliseconds. */
  readonly duplicateWindowMs: number;
  /** Whether and how the driver may create a missing stream. */
  readonly create:
    | false
    | {
        readonly maxAgeMs: number;
        readonly maxBytes: number;
        readonly replicas: number;
        readonly storage: 'file' | 'memory';
      };
}

/**
 * unknown: not checked yet, or the check is not allowed; degraded: it works, with defects; unavailable: nothing is
 * published.
 */
export type StreamState = 'unknown' | 'ok' | 'degraded' | 'unavailable';

/** The result of a check. */
export interface StreamStatus extends Status<StreamState> {
  /** The stream's max_msg_size. Undefined if the check was not possible, infinite if there is no limit. */
  readonly messageLimit?: number | undefined;
  /** The stream does not exist. */
  readonly isMissing?: boolean;
}

/** Interval of the checks. A stream that was changed so that it discards readings still acknowledges them. */
const INTERVAL_MS = 5000;
const NOT_FOUND = 10059;

export class StreamMonitor {
  readonly #connection: BusConnection;
  readonly #requirements: StreamRequirements;
  readonly #logger: Logger;
  readonly #intervalMs: number;
  readonly #listeners = new Set<() => void>();
  readonly #stopUsing: () => void;
  readonly #status: StatusReporter<StreamState>;
  /** The connection on which a check is in progress. */
  #checking: NatsConnection | undefined;
  /** The connection on which a check has ended. */
  #checkedConnection: NatsConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The last known limit, and the largest so far. */
  #limit = Infinity;
  #largestLimit = 0;
  #stopped = false;

  /** @param intervalMs interval of the checks */
  constructor(connection: BusConnection, requirements: StreamRequirements, logger: Logger, intervalMs = INTERVAL_MS) {
    this.#connection = connection;
    this.#requirements = requirements;
    this.#logger = logger;
    this.#intervalMs = intervalMs;
    this.#status = new StatusReporter<StreamState>({
      initial: 'unknown',
      log: (status) => {
        this.#log(status);
      },
    });
    this.#stopUsing = connection.use(() => {
      // Another server may have another stream, or none.
      this.check();
    });
  }

  get name(): string {
    return this.#requirements.name;
  }

  get status(): Status<StreamState> {
    return this.#status.status;
  }

  /** Start of the current state, milliseconds since 1970. */
  get sinceMs(): number {
    return this.#status.sinceMs;
  }

  /** Why publishing is blocked. Undefined while it is allowed. A new connection is blocked until the first check. */
  get blocked(): string | undefined {
    if (this.#checkedConnection !== this.#connection.nats)
      return `Stream "${this.#requirements.name}" is not checked yet.`;
    return this.#status.state === 'unavailable' ? this.#status.message : undefined;
  }

  /** The stream's current message limit and the largest so far. Infinite while it is not known. */
  get messageLimit(): { now: number; largest: number } {
    return { now: this.#limit, largest: Math.max(this.#limit, this.#largestLimit) };
  }

  /** Reports when publishing is allowed again. Returns a function that unsubscribes. */
  onAvailable(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Checks the stream soon, unless a check is in progress. Never throws. */
  check(): void {
    const nc = this.#connection.nats;
    if (nc === undefined || this.#stopped || this.#checking === nc) return;
    this.#checking = nc;
    void this.#check(nc);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopUsing();
    clearTimeout(this.#timer);
  }

  async #check(nc: NatsConnection): Promise<void> {
    const found = await checkStream(nc, this.#requirements, this.#status.status);
    // A later connection has its own check.
    if (this.#checking !== nc) return;
    this.#checking = undefined;
    if (this.#stopped || this.#connection.nats !== nc) return;
    const { blocked } = this;
    this.#checkedConnection = nc;
    const { state, message, messageLimit } = found;
    this.#limit = messageLimit ?? Infinity;
    this.#largestLimit = Math.max(this.#largestLimit, messageLimit ?? 0);
    this.#status.report(state, message);
    if (blocked !== undefined && this.blocked === undefined) for (const listener of this.#listeners) listener();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.check();
    }, this.#intervalMs);
    this.#timer.unref();
  }

  #log({ state, message }: Status<StreamState>): void {
    const facts = { stream: this.#requirements.name };
    if (state === 'ok') this.#logger.info(facts, `Stream "${this.#requirements.name}" accepts the readings`);
    else if (state === 'degraded') this.#logger.warn(facts, message ?? '');
    else this.#logger.error(facts, message ?? '');
  }
}

/** Checks the stream. Creates it if it is missing and may be created. */
export async function checkStream(
  nc: NatsConnection,
  requirements: StreamRequirements,
  before: Status<StreamState>,
): Promise<StreamStatus> {
  try {
    const manager = await nc.jetstreamManager({ checkAPI: false });
    try {
      const { config } = await manager.streams.info(requirements.name);
      return withLimit(checkConfig(config, requirements), config);
    } catch (error) {
      if (!(error instanceof NatsError) || error.api_error?.err_code !== NOT_FOUND) throw error;
      if (requirements.create === false) return { ...unavailable(missing(requirements)), isMissing: true };
    }
    try {
      const { config } = await manager.streams.add(configOf(requirements));
      return withLimit(checkConfig(config, requirements), config);
    } catch (error) {
      return unavailable(`Stream "${requirements.name}" does not exist and could not be created: ${textOf(error)}.`);
    }
  } catch (error) {
    return withoutCheck(error, requirements, before);
  }
}

/** The check failed. Acknowledgements also show whether the stream exists, but not whether it keeps readings. */
function withoutCheck(error: unknown, { name }: StreamRequirements, before: Status<StreamState>): StreamStatus {
  const code = error instanceof NatsError ? error.code : '';
  if (code === '503') {
    return unavailable('The NATS server has no JetStream (for this account). Readings need it; enable it there.');
  }
  const mayNot = code === 'PERMISSIONS_VIOLATION';
  if (before.state === 'unavailable' && !mayNot) return before;
  const toListen = mayNot && (error as NatsError).permissionContext?.operation === 'subscription';
  const right = toListen ? 'listen below <reqtopic>.control., where it takes replies' : `$JS.API.STREAM.INFO.${name}`;
  const advice = mayNot ? ` The driver needs the right to ${right}.` : '';
  return { state: 'unknown', message: `Stream "${name}" could not be checked: ${textOf(error)}.${advice}` };
}

const limitOf = ({ max_msg_size: limit }: StreamConfig): number => (limit >= 0 ? limit : Infinity);
const withLimit = (status: Status<StreamState>, config: StreamConfig): StreamStatus => ({
  ...status,
  messageLimit: limitOf(config),
});
const unavailable = (message: string): StreamStatus => ({ state: 'unavailable', message });
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A missing stream. Exported for the list of problems. */
export function missing({ name, subjects, duplicateWindowMs }: StreamRequirements): string {
  const command = `nats stream add ${name} --subjects='${subjects.join(',')}' --storage=file --dupe-window=${duplicateWindowMs}ms --defaults`;
  return `Stream "${name}" does not exist, so readings cannot be kept. Create it (${command}), or allow the driver to.`;
}

/** Later servers have more settings than the client's type. */
type Settings = StreamConfig & { readonly persist_mode?: string };

/** Defects of an existing stream. Exported for its test. */
export function checkConfig(config: Settings, requirements: StreamRequirements): Status<StreamState> {
  const { name, subjects, duplicateWindowMs } = requirements;
  // A mirror of another stream has no subjects at all.
  const { subjects: taken = [] } = config as Partial<StreamConfig>;
  const missingSubjects = subjects.filter((wanted) => !taken.some((pattern) => covers(pattern, wanted)));
  if (missingSubjects.length > 0) {
    return unavailable(`Stream "${name}" does not accept ${missingSubjects.join(' and ')}. Add this to its subjects.`);
  }
  if (config.no_ack) {
    return unavailable(
      `Stream "${name}" acknowledges no messages (no_ack), so it is not known what is stored. Turn no_ack off.`,
    );
  }
  if (config.retention !== RetentionPolicy.Limits) {
    return unavailable(
      `Stream "${name}" has retention "${config.retention}" and deletes readings that have no consumer, or that one consumer has read. Set it to "limits".`,
    );
  }
  if (config.sealed) return unavailable(`Stream "${name}" is sealed and accepts no messages. Use another stream.`);
  if (config.persist_mode === 'async') {
    return {
      state: 'degraded',
      message: `Stream "${name}" acknowledges readings before it has written them (persist_mode "async"): if the NATS server is killed, the latest are lost. Make it with "default".`,
    };
  }
  const windowMs = config.duplicate_window / 1e6;
  if (windowMs < duplicateWindowMs) {
    return {
      state: 'degraded',
      message: `Stream "${name}" recognizes repeated messages for ${windowMs} ms only, not for ${duplicateWindowMs} ms: after a longer outage it may contain readings twice. Raise its duplicate window.`,
    };
  }
  const limit = limitOf(config);
  if (limit < leastLimit) {
    return {
      state: 'degraded',
      message: `Stream "${name}" accepts messages of at most ${limit} bytes (max_msg_size), so larger readings wait. Set its max_msg_size to -1.`,
    };
  }
  return { state: 'ok' };
}

/** True if `pattern` matches every subject that `wanted` matches. Both may contain `*` and `>`. */
export function covers(pattern: string, wanted: string): boolean {
  const patternTokens = pattern.split('.');
  const wantedTokens = wanted.split('.');
  for (const [at, token] of patternTokens.entries()) {
    const other = wantedTokens[at];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>' || (token !== '*' && token !== other)) return false;
  }
  return patternTokens.length === wantedTokens.length;
}

function configOf({ name, subjects, duplicateWindowMs, create }: StreamRequirements): Partial<StreamConfig> {
  if (create === false) throw new Error('The stream may not be created.');
  const { maxAgeMs, maxBytes, replicas, storage } = create;
  return {
    name,
    subjects: [...subjects],
    description: 'Readings of devices, brought in by iota-seeqdrv',
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    duplicate_window: duplicateWindowMs * 1e6,
    max_age: maxAgeMs * 1e6,
    max_bytes: maxBytes,
    num_replicas: replicas,
  };
}
