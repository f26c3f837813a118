/** A browser that opens the address of the receiver, and what the status page is told of devices and refused posts. */
import { describe, expect, it } from 'vitest';
import { get } from '../../../http/support.ts';
import { configOf, harnessForTest, message, PATH, SUD_ID } from './harness.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', host: 'evil.example' };
const PAGE = 'http://driver.example.com:9465/seneye';

describe('a browser', () => {
  it('is led to the status page, by a URL that has nothing from its request', async () => {
    const browsers: (string | undefined)[] = [];
    const { port, feed } = await harnessForTest(configOf(), {
      statusPage: (browser) => {
        browsers.push(browser);
        return PAGE;
      },
    });
    for (const path of [PATH, '/', '//evil.example/']) {
      const { status, headers } = await get(port, path, { headers: BROWSER });
      expect([status, headers.location]).toEqual([303, PAGE]);
    }
    expect(browsers.map((address) => address?.replace('::ffff:', ''))).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(feed.metrics().refused).toBe(0);
  });

  it('gets the usual answer where there is no page', async () => {
    const { port } = await harnessForTest();
    expect((await get(port, PATH, { headers: BROWSER })).status).toBe(405);
    const { port: other } = await harnessForTest(configOf(), { statusPage: () => undefined });
    expect((await get(other, PATH, { headers: BROWSER })).status).toBe(405);
  });

  it('is no other program: a device or a script gets the usual answer', async () => {
    const harness = await harnessForTest(configOf(), { statusPage: () => PAGE });
    expect((await get(harness.port, PATH)).status).toBe(405);
    expect((await harness.send(message())).status).toBe(200);
  });
});

it('refused posts are kept by reason, with the newest of each', async () => {
  const harness = await harnessForTest();
  await harness.send(message(), { secret: 'WRONG' });
  await harness.send(message(), { secret: 'WRONG' });
  await get(harness.port, PATH);
  expect(harness.feed.refusals()).toMatchObject([
    { reason: 'method', count: 1, message: '405: Readings are sent with POST.', sender: undefined },
    {
      ...{ reason: 'signature', count: 2, sender: 'SWS_0001' },
      message:
        '401: The signature is wrong. Is the secret of this source the one that the settings of the sender show?',
    },
  ]);
});

it('silent devices are named in the health report, with their last post', async () => {
  const devices = [{ id: SUD_ID, name: 'Office' }];
  const config = configOf({
    staleAfterMs: 1000,
    sources: [{ source: 'SWS_0001', name: 'home', secret: { env: 'UNUSED' }, devices }],
  });
  const { feed } = await harnessForTest(config);
  expect(feed.health().silent).toBeUndefined();
  await expect.poll(() => feed.health().silent).toEqual([{ name: 'Device "Office" of "home"', since: null }]);
});
