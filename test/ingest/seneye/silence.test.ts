/** Devices that stop posting. */
import { expect, it, vi } from 'vitest';
import { configOf, message, SOURCE, worldForTest } from './world.ts';

const WAIT = { timeout: 20_000, interval: 20 };

it('a configured device that never posts is an alarm, and one that stops; both end with a post', async () => {
  const devices = [{ id: 'A', name: 'Tank A' }, { id: 'B' }];
  const sources = [{ source: SOURCE, name: 'home', secret: { env: 'UNUSED' }, devices }];
  const world = await worldForTest(configOf({ sources, staleAfterMs: 2000 }));
  expect(world.feed.health().state).toBe('up');
  await vi.waitFor(() => {
    const { state, message: text = '' } = world.feed.health();
    expect(state).toBe('silent');
    expect(text).toContain('Device "Tank A" of "home" has not posted for 2 s since the driver started');
    expect(text).toContain('Device "B" of "home"');
  }, WAIT);
  await world.send(message({}, { id: 'A' }));
  expect(world.feed.health()).toMatchObject({
    state: 'silent',
    message: expect.not.stringContaining('Tank A') as string,
  });
  await world.send(message({}, { id: 'B' }));
  expect(world.feed.health().state).toBe('up');
  expect(world.feed.health().message).toBeUndefined();
  await vi.waitFor(() => {
    const { message: text = '' } = world.feed.health();
    expect(text).toMatch(/Device "Tank A" of "home" has not posted since \d{4}-/);
    expect(text).toMatch(/Device "B" of "home" has not posted since \d{4}-/);
  }, WAIT);
  expect(world.log.text()).toContain('Device "Tank A" of "home" is heard again');
});

it('without configured devices the source is expected, and each device from its first post on', async () => {
  const world = await worldForTest(configOf({ staleAfterMs: 1000 }));
  await vi.waitFor(() => {
    expect(world.feed.health()).toMatchObject({
      state: 'silent',
      message: expect.stringContaining('Source "home"') as string,
    });
  }, WAIT);
  await world.send(message());
  expect(world.feed.health().state).toBe('up');
  await vi.waitFor(() => {
    expect(world.feed.health().message).toContain('Device "Office" of "home" has not posted since');
  }, WAIT);
});

it('a post with a wrong signature is no sign of life', async () => {
  const world = await worldForTest(configOf({ staleAfterMs: 1000 }));
  await vi.waitFor(() => {
    expect(world.feed.health().state).toBe('silent');
  }, WAIT);
  expect((await world.send(message(), { secret: 'WRONG' })).status).toBe(401);
  expect(world.feed.health().state).toBe('silent');
});
