/** The status of the driver in one word, and the reasons with their remedies. */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { BusHealth, FeedHealth, FeedState, HealthState, ServerHealth, StreamHealth } from '../contract/health.ts';
import type { Host } from '../driver/hosts.ts';
import { lateText } from '../driver/leases/poll-pace.ts';

export interface HealthStatus {
  state: HealthState;
  reasons: string[];
}

/** The components that determine the status. */
export interface Parts {
  bus: BusHealth;
  servers: ServerHealth[];
  stream?: StreamHealth | undefined;
  feeds?: FeedHealth[] | undefined;
}

/** What else determines the status. */
export interface Problems {
  /** Why records of the audit trail may be lost. */
  auditProblem?: string | undefined;
}

/** Feed states that need an operator's attention. */
const ATTENTION_STATES: ReadonlySet<FeedState> = new Set(['silent', 'waiting', 'refused', 'down']);

/**
 * Derives the status. Unknown states count as good. The driver is down if it can do nothing: no server answers and no
 * feed receives.
 */
export function judge(
  { bus, servers, stream, feeds = [], auditProblem }: Parts & Problems,
  stopping: boolean,
): HealthStatus {
  const downServers = servers.filter(({ state }) => state === 'down' || state === 'unauthorized');
  const attentionFeeds = feeds.filter(({ state }) => ATTENTION_STATES.has(state));
  const isStreamDegraded = stream?.state === 'degraded' || stream?.state === 'unavailable';
  const reasons = [
    ...busProblems(bus),
    ...downServers.map(({ name, state, message }) => message ?? `Server "${name}" is ${state}.`),
    ...servers.flatMap(({ name, polls }) => (polls?.late === true ? [lateText(name, polls)] : [])),
    ...(isStreamDegraded ? [stream.message ?? `Stream "${stream.name}" is ${stream.state}.`] : []),
    ...(auditProblem === undefined ? [] : [auditProblem]),
    ...attentionFeeds.map(({ kind, name, state, message }) => message ?? `Feed ${kind} "${name}" is ${state}.`),
  ];
  if (stopping) return { state: 'stopping', reasons: ['The driver is stopping.', ...reasons] };
  const all = servers.length + feeds.length;
  const failing = downServers.length + attentionFeeds.length;
  if (busProblems(bus).length > 0 || (failing > 0 && failing === all)) return { state: 'down', reasons };
  return { state: reasons.length > 0 ? 'degraded' : 'ok', reasons };
}

/** Why the driver receives no requests. Empty if it does. */
export function busProblems({ connected, subscribed, message = '' }: BusHealth): string[] {
  if (!connected) return [`There is no connection to the bus. ${message}`.trim()];
  return subscribed
    ? []
    : [
        'The driver cannot receive requests: the NATS server refused the subscription of reqtopic. Give its user the right to subscribe to it.',
      ];
}

export function busHealth(
  { server, problem, sinceMs }: Pick<BusConnection, 'server' | 'problem' | 'sinceMs'>,
  isRefused = false,
): BusHealth {
  return {
    connected: server !== undefined,
    subscribed: !isRefused,
    since: new Date(sinceMs).toISOString(),
    ...(server === undefined ? {} : { server: server.address }),
    ...(server !== undefined || problem === undefined ? {} : { message: problem.message }),
  };
}

export function serverHealth({ source, health, pace }: Host): ServerHealth {
  const { state, message, version, sinceMs, foundAt } = health.state;
  const polls = pace.current;
  return {
    name: source.name,
    state,
    since: isoTime(sinceMs),
    checked: isoTime(foundAt),
    version,
    ...(message === undefined ? {} : { message }),
    ...(polls === undefined ? {} : { polls }),
  };
}

const isoTime = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
