/** How the driver is, in one word, and why, in words that an operator can act on. */
import type { BusConnection } from '../bus/connection.ts';
import type { BusHealth, HealthState, ServerHealth } from '../contract/telemetry.ts';
import type { Host } from '../driver/hosts.ts';

export interface Judgement {
  state: HealthState;
  reasons: string[];
}

/** Judges what is known. A server of which nothing is known yet is no reason to complain. */
export function judge(bus: BusHealth, servers: readonly ServerHealth[], stopping: boolean): Judgement {
  const troubled = servers.filter(({ state }) => state === 'down' || state === 'unauthorized');
  const reasons = troubled.map(({ name, state, message }) => message ?? `Server "${name}" is ${state}.`);
  if (!bus.connected) reasons.unshift(`There is no connection to the bus. ${bus.message ?? ''}`.trim());
  if (stopping) return { state: 'stopping', reasons: ['The driver was told to stop.', ...reasons] };
  if (!bus.connected || (troubled.length > 0 && troubled.length === servers.length)) return { state: 'down', reasons };
  return { state: troubled.length > 0 ? 'degraded' : 'ok', reasons };
}

export function busHealth({ server, problem }: Pick<BusConnection, 'server' | 'problem'>): BusHealth {
  return {
    connected: server !== undefined,
    ...(server === undefined ? {} : { server: server.address }),
    ...(server !== undefined || problem === undefined ? {} : { message: problem.message }),
  };
}

export function serverHealth({ source, findings }: Host): ServerHealth {
  const { state, message, version, foundAt } = findings.state;
  return {
    name: source.name,
    state,
    checked: foundAt === undefined ? null : new Date(foundAt).toISOString(),
    version,
    ...(message === undefined ? {} : { message }),
  };
}
