/** How the driver is judged from the health of its parts. */
import { describe, expect, it } from 'vitest';
import type { BusHealth, ServerHealth } from '../../../src/contract/health.ts';
import { judge } from '../../../src/telemetry/health.ts';

describe('the driver', () => {
  const since = '2026-01-01T00:00:00.000Z';
  const bus: BusHealth = { connected: true, subscribed: true, since, server: 'nats:4222' };
  const server = (name: string, state: ServerHealth['state'], message?: string): ServerHealth => ({
    ...{ name, state, since: null, checked: null, version: null },
    ...(message === undefined ? {} : { message }),
  });
  const [up, down, unknown] = [server('a', 'up'), server('b', 'down', 'B is gone.'), server('c', 'unknown')];

  it.each([
    ['ok: all servers are up', bus, [up, up], false, { state: 'ok', reasons: [] }],
    ['ok: nobody knows better', bus, [up, unknown], false, { state: 'ok', reasons: [] }],
    ['degraded: one is down', bus, [up, down], false, { state: 'degraded', reasons: ['B is gone.'] }],
    [
      'degraded: one does not let us in',
      bus,
      [up, server('d', 'unauthorized')],
      false,
      { state: 'degraded', reasons: ['Server "d" is unauthorized.'] },
    ],
    ['down: all are', bus, [down], false, { state: 'down', reasons: ['B is gone.'] }],
    [
      'down: without the bus',
      { connected: false, subscribed: true, since, message: 'Refused.' },
      [up, down],
      false,
      { state: 'down', reasons: ['There is no connection to the bus. Refused.', 'B is gone.'] },
    ],
    ['stopping', bus, [down], true, { state: 'stopping', reasons: ['The driver is stopping.', 'B is gone.'] }],
  ])('%s', (_name, ofBus, servers, stopping, judgement) => {
    expect(judge({ bus: ofBus, servers }, stopping)).toEqual(judgement);
  });
});
