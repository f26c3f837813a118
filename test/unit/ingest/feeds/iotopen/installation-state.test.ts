import { expect, it } from 'vitest';
import type { BackfillJob } from '../../../../../src/ingest/feeds/iotopen/backfill-job.ts';
import { InstallationState } from '../../../../../src/ingest/feeds/iotopen/installation-state.ts';
import { readSample } from '../../../../../src/ingest/feeds/iotopen/message.ts';
import { NO_TOPICS, TopicMap } from '../../../../../src/ingest/feeds/iotopen/topic-map.ts';
import { Numeral } from '../../../../../src/sources/iotopen/exact-number.ts';

const S = 1_000_000_000n;
const DAY = 86_400n * S;
const T0 = 1_735_732_800n * S;
const installation = { id: 5001, clientId: 1, name: 'School', assigned: true };
const map = new TopicMap(installation, [{ id: 7, type: 'x', meta: { topic_read: 'obj/a' } }], []);
const all = (): boolean => true;

/** Listened to since T0, and nothing missed. */
function listening(): InstallationState {
  const state = new InstallationState(installation, { overlapNs: 0n, mostNs: DAY });
  state.refreshed(installation, map, T0);
  state.answered(T0, all);
  state.settle(T0);
  begin(state, T0);
  state.backfilled();
  return state;
}

function begin(state: InstallationState, now: bigint): BackfillJob {
  const job = state.backfillJob(now, 0n);
  if (job === undefined) throw new Error('Nothing has been missed.');
  return job;
}

function reconnected(state: InstallationState, lost: bigint, back: bigint): void {
  state.disconnected(lost);
  state.answered(back, all);
  state.settle(back);
}

it('what was missed is read when the platform has had the time to note it, and once', () => {
  const state = listening();
  expect(state.backfillJob(T0 + S, 0n)).toBeUndefined();
  state.disconnected(T0 + 10n * S);
  state.answered(T0 + 20n * S, all);
  expect(state.backfillJob(T0 + 20n * S, 0n)).toBeUndefined();
  state.settle(T0 + 20n * S);
  const job = begin(state, T0 + 30n * S);
  expect(job.range.from).toBe(T0);
  state.backfilled();
  expect(state.backfillJob(T0 + 30n * S, 0n)).toBeUndefined();
});

it('live values are doubted on as long as what was missed the last time has not been read', () => {
  const state = listening();
  expect(state.isArrivalUncertain()).toBe(false);
  reconnected(state, T0 + 10n * S, T0 + 20n * S);
  const first = begin(state, T0 + 20n * S);
  reconnected(state, T0 + 30n * S, T0 + 40n * S);
  // After a failure the same job goes on.
  expect(begin(state, T0 + 40n * S)).toBe(first);
  state.backfilled();
  expect(state.isArrivalUncertain()).toBe(true);
  // Up to the first reconnect everything has been read.
  expect(begin(state, T0 + 40n * S).range.from).toBe(T0 + 20n * S);
  state.backfilled();
  expect(state.isArrivalUncertain()).toBe(false);
});

it('what was missed before a function was left out is not forgotten', () => {
  const state = listening();
  reconnected(state, T0 + 10n * S, T0 + 20n * S);
  state.refreshed(installation, NO_TOPICS, T0 + 30n * S);
  expect(state.backfillJob(T0 + 40n * S, 0n)).toBeUndefined();
  state.refreshed(installation, map, T0 + 50n * S);
  state.answered(T0 + 60n * S, all);
  state.settle(T0 + 60n * S);
  expect(begin(state, T0 + 60n * S).range.from).toBe(T0);
});

it('after the clock was set back all is read that may be', () => {
  const state = listening();
  const now = T0 - 3600n * S;
  reconnected(state, now, now);
  expect(begin(state, now).range.from).toBe(now - DAY);
});

it('what lies too far back is reported', () => {
  const state = listening();
  reconnected(state, T0 + 2n * DAY, T0 + 2n * DAY);
  const job = begin(state, T0 + 2n * DAY);
  expect([job.range.from, job.cut]).toEqual([T0 + DAY, T0 + DAY]);
});

it('values without a time are read up to the first reconnect, also if the link is lost once more meanwhile', () => {
  const state = listening();
  const [reader] = map.readers;
  const sample = readSample({ value: new Numeral('1') });
  if (reader === undefined || 'code' in sample) throw new Error('There is no value.');
  state.received([reader], 'obj/a', sample);
  reconnected(state, T0 + 10n * S, T0 + 20n * S);
  const job = begin(state, T0 + 20n * S);
  state.disconnected(T0 + 25n * S);
  expect(job.wants(reader, T0 + 15n * S)).toBe(true);
  // From then on they came live, with other ids.
  expect(job.wants(reader, T0 + 20n * S)).toBe(false);
});

it('what was missed before a function was left out is not forgotten while it is read', () => {
  const state = listening();
  reconnected(state, T0 + 10n * S, T0 + 20n * S);
  begin(state, T0 + 20n * S);
  state.refreshed(installation, NO_TOPICS, T0 + 30n * S);
  state.backfilled();
  state.refreshed(installation, map, T0 + 50n * S);
  state.answered(T0 + 60n * S, all);
  state.settle(T0 + 60n * S);
  expect(begin(state, T0 + 60n * S).range.from).toBe(T0);
});

it('a topic that the broker refuses is read up to each answer, and from the last one when it is granted', () => {
  const state = new InstallationState(installation, { overlapNs: 0n, mostNs: DAY });
  state.refreshed(installation, map, T0);
  const answers = [false, false, true].map((granted, at) => {
    const now = T0 + BigInt(at + 1) * 60n * S;
    state.answered(now, () => granted);
    state.settle(now);
    const job = begin(state, now);
    state.backfilled();
    return job.range.from;
  });
  expect(answers).toEqual([T0, T0 + 60n * S, T0 + 120n * S]);
  expect(state.backfillJob(T0 + 300n * S, 0n)).toBeUndefined();
});

it('the newest value is read once for each outage, also if the next begins meanwhile', () => {
  const state = listening();
  expect([...state.windowsWithoutNewest()]).toEqual([]);
  reconnected(state, T0 + 10n * S, T0 + 20n * S);
  const reading = state.windowsWithoutNewest();
  reconnected(state, T0 + 30n * S, T0 + 40n * S);
  for (const window of reading.values()) window.wantsNewest = false;
  expect(state.windowsWithoutNewest().size).toBe(1);
  for (const window of state.windowsWithoutNewest().values()) window.wantsNewest = false;
  expect(state.windowsWithoutNewest().size).toBe(0);
});
