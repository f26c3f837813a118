import type { Problem } from '../../lib/problem.ts';
import { object, objects, type Raw } from '../raw.ts';
import { brokerOf } from './same-broker.ts';

/** A session at a broker, for any kind of feed. */
interface Session {
  readonly path: string;
  readonly url: unknown;
  readonly clientId: unknown;
}

/**
 * A problem for each session with the client id of an earlier one at the same broker: they end each other's
 * connections.
 */
export function sameClients(ingest: Raw): Problem[] {
  const first = new Map<string, string>();
  return sessions(ingest).flatMap(({ path, url, clientId }) => {
    const broker = brokerOf(url);
    if (typeof clientId !== 'string' || broker === undefined) return [];
    const key = JSON.stringify([broker, clientId]);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, path);
      return [];
    }
    const message = `is the same as that of ${other} at the same broker; the two would end each other's connections`;
    return [{ path: `${path}.clientId`, message, value: clientId }];
  });
}

function sessions(ingest: Raw): Session[] {
  const brokers = (['mqtt', 'i3', 'egress'] as const).flatMap((kind) =>
    objects(ingest[kind]).map(({ url, clientId, user }, at) => ({
      ...{ path: `settings.ingest.${kind}[${at}]`, url, clientId: clientId ?? user },
    })),
  );
  const platforms = objects(ingest.iotopen).map((entry, at) => {
    const { url = entry.url, clientId } = object(entry.mqtt);
    return { path: `settings.ingest.iotopen[${at}].mqtt`, url, clientId };
  });
  return [...brokers, ...platforms];
}
