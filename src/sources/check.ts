/** The connection test of any source: a probe, and the smallest use of its abilities. */
import { clockProblem } from '../checks/clock.ts';
import { problemOf, type CheckGroup, type PartsReport } from '../checks/check.ts';
import { reportSteps } from '../checks/steps.ts';
import { formatFqn, type Fqn } from '../contract/fqn.ts';
import { fromMilliseconds } from '../contract/time/instant.ts';
import { isReadable, type Source, type SourceAbilities, type SourceCall, type SourceStatus } from './source.ts';

/** A source that is closed after its check. */
export function checkSource(source: Source): CheckGroup {
  return {
    kind: 'Source',
    name: `${source.name} (${source.url})`,
    run: async (report) => {
      try {
        await checkParts(source, report);
      } finally {
        await source.close();
      }
    },
  };
}

const callWith = (signal: AbortSignal): SourceCall => ({ signal, run: (call) => call() });

async function checkParts(source: Source, report: PartsReport): Promise<void> {
  const status = await probe(source, report);
  const uses = [
    ...(source.abilities.search === undefined ? [] : ['search']),
    ...(source.abilities.search === undefined || source.abilities.snapshot === undefined ? [] : ['sample']),
  ];
  const {
    state,
    message = `It is ${state}.`,
    reason,
    failedAt = 'connection',
    latencyMs,
    version,
    clockAheadMs,
  } = status;
  reportSteps(report, {
    encrypted: !source.url.startsWith('http:'),
    facts: latencyMs === null ? {} : { connection: `answers after ${Math.round(latencyMs)} ms` },
    failure: state === 'up' ? undefined : { at: failedAt, problem: { message, reason } },
  });
  if (version === null) report.notTried('version', 'The server does not report it.');
  else report.ok('version', version);
  reportClock(clockAheadMs, report);
  if (state !== 'up') report.notTriedAfter(failedAt, uses);
  else await use(source, report);
}

async function probe(source: Source, report: PartsReport): Promise<SourceStatus> {
  try {
    return await report.within((signal) => source.probe(callWith(signal)));
  } catch (error) {
    const { message, reason } = problemOf(error);
    return { state: 'down', version: null, latencyMs: null, message, ...(reason === 'timeout' ? { reason } : {}) };
  }
}

export function reportClock(aheadMs: number | undefined, report: PartsReport): void {
  if (aheadMs === undefined) report.notTried('clock', 'The server reports no time.');
  else if (aheadMs === 0) report.ok('clock', 'it agrees with that of this machine');
  else report.warning('clock', clockProblem(aheadMs));
}

/** Searches one item, and reads its newest value. */
async function use(source: Source, report: PartsReport): Promise<void> {
  const { search, snapshot } = source.abilities;
  if (search === undefined) return;
  const found = await searchOne(source, search, report);
  if (snapshot === undefined) return;
  if (found === undefined) {
    report.notTriedAfter('search', ['sample']);
    return;
  }
  const item = formatFqn(found);
  try {
    const now = fromMilliseconds(Date.now());
    const { status, time } = await report.within((signal) => snapshot.snapshot(found, now, callWith(signal)));
    report.ok('sample', time === null ? 'it has no sample' : `the newest is of ${time}, ${status}`, item);
  } catch (error) {
    report.failed('sample', { ...problemOf(error), item });
  }
}

async function searchOne(
  source: Source,
  finder: NonNullable<SourceAbilities['search']>,
  report: PartsReport,
): Promise<Fqn | undefined> {
  try {
    const { found, total } = await report.within((signal) => finder.search(ONE_SIGNAL, callWith(signal)));
    const item = found.find(isReadable);
    if (item === undefined) {
      const message = "The search finds no signal. Give the driver's user at the source read access to the signals.";
      report.warning('search', { message, reason: 'notFound' });
      return undefined;
    }
    report.ok('search', `found "${item.name}"${total === undefined ? '' : ` of ${total} signals`}`);
    return { scheme: source.scheme, host: source.name, kind: 'signal', id: item.id };
  } catch (error) {
    report.failed('search', problemOf(error));
    return undefined;
  }
}

const ONE_SIGNAL = {
  ...({ kind: 'signal', pattern: { kind: 'all' }, field: 'name', orderBy: 'name' } as const),
  ...{ offset: 0, limit: 1 },
};
