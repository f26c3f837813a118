/** The feed where HTTP is not at its best: faults that pass, and an HTTP proxy. */
import { expect, it } from 'vitest';
import { DriverError } from '../../../../../src/contract/errors.ts';
import { pauseAfter } from '../../../../../src/ingest/feeds/iotopen/sync-loop.ts';
import { SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import { startHttpProxy } from '../../../../support/http-proxy.ts';
import { createAuthority } from '../../../../support/nats/index.ts';
import { feedForTest, nowSeconds, readingsOf, simulatorForTest } from './support.ts';

const TOPIC = 'obj/lora/647fda000000a1b2/temperature';

it.each(['down', 'half', 'busy', 'restarting'] as const)(
  'brings all that was missed where one call of five has the fault "%s"',
  async (fault) => {
    const simulator = await simulatorForTest({ behaviour: { fault, faultShare: 0.2, retryAfter: '0.1' } });
    const first = nowSeconds() - 1000;
    for (let at = 0; at < 300; at++) {
      simulator.inventory.keep(SCHOOL, { topic: TOPIC, value: at, timestamp: first + at, msg: '' });
    }
    const harness = await feedForTest(simulator, { backfill: { atStartMinutes: 60, pageRows: 20 } });
    await harness.becomes('up');
    await readingsOf(harness, 300);
    expect(new Set((await harness.readings()).map(({ value }) => value))).toEqual(new Set(Array(300).keys()));
  },
);

it.each([
  [120_000, 120_000],
  [3_600_000, 300_000],
])('leaves a platform alone that asks for %i ms for %i ms', (retryAfterMs, expected) => {
  const error = new DriverError('overloaded', 'It has too much to do.', { details: { status: 429, retryAfterMs } });
  expect(pauseAfter(error, 0)).toBe(expected);
  expect(pauseAfter(new DriverError('sourceUnavailable', 'It is away.'), 0)).toBeLessThan(1000);
});

it.each(['http', 'https'])('comes through an HTTP proxy, REST and live values (%s)', async (scheme) => {
  const authority = await createAuthority();
  const certificate = scheme === 'https' ? await authority.issue(['iotopen.example']) : undefined;
  const simulator = await simulatorForTest({ certificate });
  const proxy = await startHttpProxy(Number(new URL(simulator.url).port));
  const url = `${scheme}://iotopen.example`;
  const harness = await feedForTest(
    simulator,
    {
      url,
      proxy: { url: proxy.url, user: 'reader', password: { env: 'PROXY_PASSWORD' } },
      ...(certificate === undefined ? {} : { tls: { caFile: 'ca.pem' } }),
    },
    { files: { 'ca.pem': authority.caPem }, env: { PROXY_PASSWORD: 'päss' } },
  );
  await harness.becomes('up');
  await simulator.publish(SCHOOL, TOPIC, { value: 21.5, timestamp: nowSeconds() });
  expect(await readingsOf(harness, 1)).toMatchObject([{ value: 21.5 }]);
  expect(new Set(proxy.asked)).toEqual(new Set([`iotopen.example:${scheme === 'https' ? 443 : 80}`]));
  // One connection for REST at least, and one for MQTT.
  expect(proxy.logins.length).toBeGreaterThan(1);
  expect(new Set(proxy.logins)).toEqual(new Set([`Basic ${Buffer.from('reader:päss').toString('base64')}`]));
});

it('says that the proxy keeps it from the broker', async () => {
  const simulator = await simulatorForTest();
  let tunnels = 0;
  // REST has its connection; the broker gets none.
  const proxy = await startHttpProxy(Number(new URL(simulator.url).port), () => (++tunnels > 1 ? 403 : undefined));
  const harness = await feedForTest(simulator, { url: 'http://iotopen.example', proxy: { url: proxy.url } });
  await harness.becomes('down');
  await expect
    .poll(() => harness.health().message)
    .toContain(`the proxy ${proxy.url} does not allow connections to it (403)`);
});
