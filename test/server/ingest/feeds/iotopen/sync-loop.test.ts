import { expect, it } from 'vitest';
import { SyncLoop } from '../../../../../src/ingest/feeds/iotopen/sync-loop.ts';
import { InstallationStates } from '../../../../../src/ingest/feeds/iotopen/installation-states.ts';
import { clientOf } from '../../../sources/iotopen/support.ts';

/** What keeps a process from ending. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('what waits for further changes does not hold a process that stops', async () => {
  const platform = clientOf('http://127.0.0.1:1');
  const nothing = (): void => undefined;
  const loop = new SyncLoop({
    ...{
      platform,
      states: new InstallationStates({}, 0n, { overlapNs: 0n, mostNs: 0n }),
      backfill: undefined as never,
    },
    ...{ snapshot: false, log: false, delayMs: 600_000, everyMs: 600_000, now: () => 0n },
    ...{ onCatalogue: nothing, onResult: nothing, onNotice: nothing },
  });
  const before = timers();
  loop.changed();
  loop.answered(() => true);
  expect(timers()).toBe(before + 2);
  const waiting = loop.stop();
  // Messages, and the answer to a subscription, may still come while it stops.
  loop.changed();
  loop.answered(() => true);
  await waiting;
  await expect.poll(timers).toBeLessThanOrEqual(before);
  const after = timers();
  loop.changed();
  loop.answered(() => true);
  expect(timers()).toBe(after);
});
