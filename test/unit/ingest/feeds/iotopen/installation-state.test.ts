import { expect, it } from 'vitest';
import type { BackfillProgress } from '../../../../../src/ingest/feeds/iotopen/backfill-progress.ts';
import { InstallationState } from '../../../../../src/ingest/feeds/iotopen/installation-state.ts';
import { NO_TOPICS, TopicMap } from '../../../../../src/ingest/feeds/iotopen/topic-map.ts';

const S = 1_000_000_000n;
const DAY = 86_400n * S;
const T0 = 1_735_732_800n * S;
const installation = { id: 5001, clientId: 1, name: 'School', assigned: true };
const map = new TopicMap(installation, [{ id: 7, type: 'x', meta: { topic_read: 'obj/a' } }], []);
const all = (): boolean => true;

/** Listened to since T0, and nothing missed. */
function listening(): InstallationState {
  const place = new InstallationState(installation, { overlapNs: 0n, mostNs: DAY });
  place.refreshed(installation, map, T0);
  place.answered(T0, all);
  place.settle(T0);
  place.filled(begin(place, T0));
  return place;
}

function begin(place: InstallationState, now: bigint): BackfillProgress {
  const filling = place.beginFilling(now, 0n);
  if (filling === undefined) throw new Error('Nothing has been missed.');
  return filling;
}

function reconnected(place: InstallationState, lost: bigint, back: bigint): void {
  place.disconnected(lost);
  place.answered(back, all);
  place.settle(back);
}

it('what was missed is read when the platform has had the time to note it, and once', () => {
  const place = listening();
  expect(place.beginFilling(T0 + S, 0n)).toBeUndefined();
  place.disconnected(T0 + 10n * S);
  place.answered(T0 + 20n * S, all);
  expect(place.beginFilling(T0 + 20n * S, 0n)).toBeUndefined();
  place.settle(T0 + 20n * S);
  const filling = begin(place, T0 + 30n * S);
  expect(filling.range.from).toBe(T0);
  place.filled(filling);
  expect(place.beginFilling(T0 + 30n * S, 0n)).toBeUndefined();
});

it('live values are doubted on as long as what was missed the last time has not been read', () => {
  const place = listening();
  expect(place.doubtsArrival()).toBe(false);
  reconnected(place, T0 + 10n * S, T0 + 20n * S);
  const first = begin(place, T0 + 20n * S);
  reconnected(place, T0 + 30n * S, T0 + 40n * S);
  place.filled(first);
  expect(place.doubtsArrival()).toBe(true);
  const second = begin(place, T0 + 40n * S);
  // Up to the first reconnect everything has been read.
  expect(second.range.from).toBe(T0 + 20n * S);
  place.filled(second);
  expect(place.doubtsArrival()).toBe(false);
});

it('what was missed before a function was left out is not forgotten', () => {
  const place = listening();
  reconnected(place, T0 + 10n * S, T0 + 20n * S);
  place.refreshed(installation, NO_TOPICS, T0 + 30n * S);
  expect(place.beginFilling(T0 + 40n * S, 0n)).toBeUndefined();
  place.refreshed(installation, map, T0 + 50n * S);
  place.answered(T0 + 60n * S, all);
  place.settle(T0 + 60n * S);
  expect(begin(place, T0 + 60n * S).range.from).toBe(T0);
});

it('after the clock was set back all is read that may be', () => {
  const place = listening();
  const now = T0 - 3600n * S;
  reconnected(place, now, now);
  expect(begin(place, now).range.from).toBe(now - DAY);
});

it('what lies too far back is reported, also if reading it fails and continues later', () => {
  const place = listening();
  reconnected(place, T0 + 2n * DAY, T0 + 2n * DAY);
  const filling = begin(place, T0 + 2n * DAY);
  expect([filling.range.from, filling.cut]).toEqual([T0 + DAY, T0 + DAY]);
  filling.look(filling.topics, [{ time: T0 + 2n * DAY - S, known: false }]);
  filling.areSafe();
  // Everything up to this has been read, so nothing more is cut.
  const next = begin(place, T0 + 2n * DAY + 3600n * S);
  expect([next.range.from, next.cut]).toEqual([T0 + 2n * DAY - S - 1_000_000n, T0 + DAY]);
});
