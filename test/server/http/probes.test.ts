/** What the probes answer, and what Kubernetes does with it. */
import { expect, it } from 'vitest';
import type { Health } from '../../../src/contract/health.ts';
import { probeRoutes } from '../../../src/http/probes.ts';
import { serverForTest } from './support.ts';

const since = '2026-01-01T00:00:00.000Z';
const well: Health = {
  ...{ kind: 'health', schema: 1, driver: 'iota-seeqdrv', type: 'seeq', driverid: null, instance: 'a', version: '1' },
  ...{ reqtopic: 'request', time: since, started: since, state: 'ok', reasons: [] },
  bus: { connected: true, subscribed: true, since, server: 'nats:4222' },
  servers: [{ name: 'plant', state: 'up', since, checked: since, version: '66' }],
};

/** The answers of the probes of a driver with this health. */
async function probes(changes: Partial<Health>, hasProbed = true) {
  const health = () => ({ ...well, ...changes });
  const { get } = await serverForTest(probeRoutes([{ health, hasProbed }]));
  const probe = async (path: string): Promise<[number | undefined, unknown]> => {
    const { status, text } = await get(path);
    return [status, JSON.parse(text) as unknown];
  };
  return { livez: await probe('/livez'), readyz: await probe('/readyz'), startupz: await probe('/startupz') };
}

it('all is well', async () => {
  expect(await probes({})).toEqual({
    livez: [200, { ok: true }],
    readyz: [200, { ok: true, state: 'ok', problems: [], warnings: [] }],
    startupz: [200, { ok: true, problems: [] }],
  });
});

it('without the bus it is not ready, but alive', async () => {
  const bus = { connected: false, subscribed: true, since, message: 'Refused.' };
  const problem = 'There is no connection to the bus. Refused.';
  const { livez, readyz, startupz } = await probes({ bus, state: 'down', reasons: [problem] });
  expect(readyz).toEqual([503, { ok: false, state: 'down', problems: [problem], warnings: [] }]);
  expect([livez[0], startupz[0]]).toEqual([200, 200]);
});

it('a refused subscription makes it not ready: no request can arrive', async () => {
  const { readyz } = await probes({ bus: { ...well.bus, subscribed: false } });
  expect(readyz).toEqual([503, expect.objectContaining({ problems: [expect.stringContaining('cannot receive')] })]);
});

it('sources that are down are no reason: another replica could not use them either', async () => {
  const reasons = ['Server "plant" does not answer.'];
  const { readyz, livez } = await probes({ state: 'down', reasons });
  expect(readyz).toEqual([200, { ok: true, state: 'down', problems: [], warnings: reasons }]);
  expect(livez[0]).toBe(200);
});

it('a driver that stops is not ready, but alive until its end', async () => {
  const { readyz, livez } = await probes({ state: 'stopping', reasons: ['The driver is stopping.'] });
  expect(readyz).toEqual([503, { ok: false, state: 'stopping', problems: ['The driver is stopping.'], warnings: [] }]);
  expect(livez[0]).toBe(200);
});

it('it has started when each source was asked once', async () => {
  const servers: Health['servers'] = [{ name: 'plant', state: 'unknown', since: null, checked: null, version: null }];
  const { startupz } = await probes({ servers }, false);
  expect(startupz).toEqual([503, { ok: false, problems: ['Server "plant" has not been asked yet.'] }]);
});
