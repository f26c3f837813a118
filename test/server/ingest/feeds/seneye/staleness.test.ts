/** Devices that stop posting. */
import { expect, it } from 'vitest';
import { eventually } from '../../../../support/eventually.ts';
import { configOf, message, SOURCE, harnessForTest } from './harness.ts';

it('a configured device that never posts is an alarm, and one that stops; both end with a post', async () => {
  const devices = [{ id: 'A', name: 'Tank A' }, { id: 'B' }];
  const sources = [{ source: SOURCE, name: 'home', secret: { env: 'UNUSED' }, devices }];
  const harness = await harnessForTest(configOf({ sources, staleAfterMs: 2000 }));
  await eventually(() => {
    const { state, message: text = '' } = harness.feed.health();
    expect(state).toBe('silent');
    expect(text).toContain('Device "Tank A" of "home" has not posted for 2 s since the driver started');
    expect(text).toContain('Device "B" of "home"');
  });
  expect(harness.log.text()).toMatch(/is up.*is silent/s);
  // Posts come again as long as it takes: on a busy machine a device can be silent again before one has looked.
  await eventually(async () => {
    await harness.send(message({}, { id: 'A' }));
    expect(harness.feed.health()).toMatchObject({
      state: 'silent',
      message: expect.not.stringContaining('Tank A') as string,
    });
  });
  await eventually(async () => {
    for (const id of ['A', 'B']) await harness.send(message({}, { id }));
    const { state, message: text } = harness.feed.health();
    expect([state, text]).toEqual(['up', undefined]);
  });
  await eventually(() => {
    const { message: text = '' } = harness.feed.health();
    expect(text).toMatch(/Device "Tank A" of "home" has not posted since \d{4}-/);
    expect(text).toMatch(/Device "B" of "home" has not posted since \d{4}-/);
  });
  expect(harness.log.text()).toContain('Device "Tank A" of "home" sends again');
});

it('without configured devices the source is expected, and each device from its first post on', async () => {
  const harness = await harnessForTest(configOf({ staleAfterMs: 1000 }));
  await eventually(() => {
    expect(harness.feed.health()).toMatchObject({
      state: 'silent',
      message: expect.stringContaining('Source "home"') as string,
    });
  });
  await eventually(async () => {
    await harness.send(message());
    expect(harness.feed.health().state).toBe('up');
  });
  await eventually(() => {
    expect(harness.feed.health().message).toContain('Device "Office" of "home" has not posted since');
  });
});

it('a device is recognized in any case of its id', async () => {
  const devices = [{ id: 'ABCDEF', name: 'Tank' }];
  const sources = [{ source: SOURCE, name: 'home', secret: { env: 'UNUSED' }, devices }];
  const harness = await harnessForTest(configOf({ sources, staleAfterMs: 1000 }));
  await eventually(() => {
    expect(harness.feed.health().message).toContain('Device "Tank" of "home" has not posted');
  });
  await harness.send(message({}, { id: 'abcdef' }));
  expect(harness.log.text()).toContain('Device "Tank" of "home" sends again');
});

it('a post with a wrong signature is no sign of life', async () => {
  const harness = await harnessForTest(configOf({ staleAfterMs: 1000 }));
  await eventually(() => {
    expect(harness.feed.health().state).toBe('silent');
  });
  expect((await harness.send(message(), { secret: 'WRONG' })).status).toBe(401);
  expect(harness.feed.health().state).toBe('silent');
});
