/** The durable consumer at a real server: one that exists with settings that contradict what is needed. */
import type { ConsumerConfig, JetStreamManager, NatsConnection } from 'nats';
import { describe, expect, it } from 'vitest';
import { checkSettings, settingsOf } from '../../../../src/bus/jetstream/consumer-config.ts';
import { ensureConsumer, type ConsumerRequirements } from '../../../../src/bus/jetstream/durable-consumer.ts';
import { callerForTest, serverForTest } from '../support.ts';

const requirements: ConsumerRequirements = {
  ...{ stream: 'READINGS', durable: 'out', filter: 'r.>', from: 'all', inFlight: 8, ackWaitMs: 1000 },
};

interface Harness {
  readonly version: string;
  readonly nc: NatsConnection;
  readonly manager: JetStreamManager;
  /** The settings of the consumer as they are. */
  readonly settings: () => Promise<ConsumerConfig>;
}

async function harnessForTest(): Promise<Harness> {
  const server = await serverForTest({ jetstream: true });
  const nc = await callerForTest(server);
  const manager = await nc.jetstreamManager();
  await manager.streams.add({ name: 'READINGS', subjects: ['r.>', 'x.>'] });
  const settings = async () => (await manager.consumers.info('READINGS', 'out')).config;
  return { version: server.version, nc, manager, settings };
}

/** Settings that later servers know; an older one drops them without a word. */
const knows = (version: string, since: string): boolean =>
  version.localeCompare(since, undefined, { numeric: true }) >= 0;

/** What a consumer of somebody else's has that could be used. */
const foreign = { ...settingsOf(requirements), description: 'somebody' };

describe('a consumer with another owner', () => {
  it.each<[what: string, settings: object, told: RegExp]>([
    ['pushes', { deliver_subject: 'x' }, /deliver_subject "x".*must be ""/],
    ['takes no acknowledgements', { ack_policy: 'none' }, /ack_policy "none".*must be "explicit"/],
    ['takes one acknowledgement for many', { ack_policy: 'all' }, /ack_policy "all".*must be "explicit"/],
    ['repeats the pace of the past', { replay_policy: 'original' }, /replay_policy "original".*must be "instant"/],
    ['forgets its position', { mem_storage: true }, /mem_storage true.*must be false/],
    ['gives up', { max_deliver: 5 }, /max_deliver 5.*must be -1/],
    ['has times of its own', { max_deliver: 5, backoff: [1e9, 2e9] }, /max_deliver 5.*; it has backoff \[1000000000,/],
    ['leaves out the content', { headers_only: true }, /headers_only true.*must be false/],
    ['goes away by itself', { inactive_threshold: 3_600e9 }, /inactive_threshold 3600000000000.*must be 0/],
    ['takes other subjects', { filter_subject: 'x.>' }, /reads x\.> and not r\.>/],
    ['takes part of the subjects', { filter_subject: 'r.a' }, /reads r\.a and not r\.>/],
    ['takes all subjects', { filter_subject: undefined }, /reads all subjects and not r\.>/],
  ])('is refused when it %s, and is left as it is', async (_what, settings, told) => {
    const { nc, manager, settings: now } = await harnessForTest();
    await manager.consumers.add('READINGS', { ...foreign, ...settings });
    const before = await now();
    await expect(ensureConsumer(nc, requirements, undefined)).rejects.toThrow(told);
    await expect(ensureConsumer(nc, requirements, undefined)).rejects.toThrow(/Correct that, name another consumer/);
    expect(await now()).toEqual(before);
  });

  it('is used when only its window differs, which is adapted', async () => {
    const { nc, manager, settings } = await harnessForTest();
    await manager.consumers.add('READINGS', { ...foreign, max_ack_pending: 1000, ack_wait: 30e9 });
    expect((await ensureConsumer(nc, requirements, undefined)).corrected).toEqual([]);
    expect(await settings()).toMatchObject({ max_ack_pending: 8, ack_wait: 1e9, description: 'somebody' });
  });
});

describe('a consumer that we made', () => {
  it('is corrected where it has been changed', async () => {
    const { nc, manager, settings } = await harnessForTest();
    expect(await ensureConsumer(nc, requirements, undefined)).toMatchObject({ corrected: [] });
    const good = await settings();
    const bad = { max_deliver: 5, backoff: [5e8, 2e9], headers_only: true, inactive_threshold: 3_600e9 };
    await manager.consumers.update('READINGS', 'out', bad);
    const { corrected } = await ensureConsumer(nc, requirements, undefined);
    expect(corrected.map((text) => text.split(' ')[1])).toEqual(Object.keys(bad));
    expect(await settings()).toEqual(good);
    expect((await ensureConsumer(nc, requirements, undefined)).corrected).toEqual([]);
  });
});

describe('settings of later servers', () => {
  it('a paused consumer is reported, with the command that resumes it', async () => {
    const { version, nc, manager } = await harnessForTest();
    const pause_until = '2999-01-01T00:00:00Z';
    await manager.consumers.add('READINGS', { ...settingsOf(requirements), pause_until });
    const found = ensureConsumer(nc, requirements, undefined);
    if (knows(version, '2.11.0')) {
      await expect(found).rejects.toThrow(/paused until 2999-.*nats consumer resume READINGS out/);
      await manager.consumers.resume('READINGS', 'out');
    }
    await ensureConsumer(nc, requirements, undefined);
  });

  it('a consumer that the stream lets live for a while only is refused, also a new one', async () => {
    const { version, nc, manager } = await harnessForTest();
    const consumer_limits = { inactive_threshold: 3_600e9, max_ack_pending: 1000 };
    const bounded = manager.streams.update('READINGS', { consumer_limits });
    if (knows(version, '2.10.0')) await bounded;
    else await expect(bounded).rejects.toThrow(/requires server 2\.10/);
    for (let attempt = 0; attempt < 2; attempt++) {
      const found = ensureConsumer(nc, requirements, undefined);
      if (knows(version, '2.10.0')) await expect(found).rejects.toThrow(/has inactive_threshold .*consumer_limits/);
      else await found;
    }
  });

  it('a consumer for several readers is refused', async () => {
    const { version, nc, manager } = await harnessForTest();
    const priority = { priority_policy: 'overflow', priority_groups: ['a'] };
    await manager.consumers.add('READINGS', { ...settingsOf(requirements), ...priority });
    const found = ensureConsumer(nc, requirements, undefined);
    if (knows(version, '2.11.0')) await expect(found).rejects.toThrow(/priority_policy "overflow".*must be "none"/);
    else await found;
  });

  it('a list of one subject is as good as a single one', () => {
    const { filter_subject: _, ...rest } = settingsOf(requirements);
    expect(checkSettings({ ...rest, filter_subjects: ['r.>'] }, requirements).wrong).toEqual([]);
    expect(checkSettings({ ...rest, filter_subjects: ['r.>', 'x.>'] }, requirements).wrong).toEqual([
      'reads r.> and x.> and not r.> (filter_subject)',
    ]);
  });
});
