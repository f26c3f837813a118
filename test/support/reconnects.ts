import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy } from './nats/index.ts';

/**
 * Resolves when somebody connects through the proxy from now on, which is how one sees that a client has given up its
 * connection. The log does not show it reliably: a line that comes too often is left out there.
 */
export async function connectsAnew(way: Proxy): Promise<void> {
  const before = way.taken;
  while (way.taken === before) await sleep(20);
}
