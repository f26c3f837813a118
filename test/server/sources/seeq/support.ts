/** What the tests of the Seeq source share: a simulator, a source on it, a call without limits, and a plain reader. */
import { onTestFinished } from 'vitest';
import { Secret } from '../../../../src/config/secret.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import { parseInstant } from '../../../../src/contract/time/instant.ts';
import type { TimeRange } from '../../../../src/contract/time/time.ts';
import {
  isUnreadable,
  type SamplePage,
  type SearchQuery,
  type SourceCall,
  type UnreadableItem,
} from '../../../../src/sources/source.ts';
import type { SeeqCredentials } from '../../../../src/sources/seeq/connection/session.ts';
import { SeeqSource, type SeeqSourceOptions } from '../../../../src/sources/seeq/source.ts';
import type { SimulatorOptions } from '../../../../simulators/seeq/options.ts';
import { plantItemId } from '../../../../simulators/seeq/plant/plant.ts';
import { type SeeqSimulator, startSeeqSimulator } from '../../../../simulators/seeq/simulator.ts';

/** A fixed clock, so that the plant's newest values stay where they are. */
export const NOW = Date.parse('2026-03-15T12:34:56.789Z');

export const accessKey: SeeqCredentials = {
  kind: 'accessKey',
  accessKey: new Secret('simulator-access-key'),
  password: new Secret('simulator-access-secret'),
};

/** Starts a simulator that ends with the test, or with the file where `stop` is left to the caller. */
export async function simulator(options: SimulatorOptions = {}): Promise<SeeqSimulator> {
  const started = await startSeeqSimulator({ port: 0, ...options }, () => NOW);
  onTestFinished(() => started.stop());
  return started;
}

/** A source that ends with the test. */
export function openSource(url: string, options: Partial<SeeqSourceOptions> = {}): SeeqSource {
  const source = new SeeqSource({
    name: 'plant',
    url,
    credentials: accessKey,
    tls: { insecureSkipVerify: false },
    connections: 8,
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 30_000,
    userAgent: 'iota-seeqdrv/test',
    pageSamples: 1000,
    ...options,
  });
  onTestFinished(() => source.close());
  return source;
}

/** A simulator and a source on it, both until the end of the test. */
export async function plant(options: SimulatorOptions = {}, sourceOptions: Partial<SeeqSourceOptions> = {}) {
  const seeq = await simulator(options);
  return { seeq, source: openSource(seeq.url, sourceOptions) };
}

/** A call without limits. */
export const freeCall = (signal: AbortSignal = new AbortController().signal): SourceCall => ({
  signal,
  run: (call) => call(),
});

/** A call with so much time, for what is tried again as long as there is time. */
export const briefCall = (ms: number): SourceCall => ({ ...freeCall(), deadlineMs: performance.now() + ms });

/** A call that ends by itself, as the time budget of a request does. */
export function endingCall(): { call: SourceCall; end: (error?: DriverError) => void } {
  const controller = new AbortController();
  return {
    call: freeCall(controller.signal),
    end: (error = new DriverError('timeout', 'The budget is used up.')) => {
      controller.abort(error);
    },
  };
}

/** Id of an item of the simulated plant by its path, parts joined by ` >> `. */
export const idOf = (path: string): string => plantItemId('Example', path);
export const signalFqn = (path: string) => ({ scheme: 'seeq', host: 'plant', kind: 'signal', id: idOf(path) }) as const;

export function range(start: string, end: string): TimeRange {
  const [from, to] = [parseInstant(start), parseInstant(end)];
  if (from === undefined || to === undefined) throw new Error('no range');
  return { start: from, end: to };
}

/** A search with everything that a test does not care for. */
export const query = (changes: Partial<SearchQuery> = {}): SearchQuery => ({
  kind: 'signal',
  pattern: { kind: 'all' },
  field: 'name',
  orderBy: 'name',
  offset: 0,
  limit: 100,
  ...changes,
});

/** The entries that can be used; the test fails where one cannot. */
export function readable<T extends object>(entries: readonly (T | UnreadableItem)[]): T[] {
  return entries.map((entry) => {
    if (isUnreadable(entry)) throw entry.error;
    return entry;
  });
}

/** One series as rows, so that pages of any size compare. */
export interface Row {
  time: string;
  value: unknown;
  status: string;
  state?: number | null;
}

export function rowsOf(page: SamplePage): Row[] {
  return page.times.map((time, at) => ({
    time,
    value: page.values[at],
    status: page.flags?.find(([from, to]) => from <= at && at <= to)?.[2] ?? 'Good',
    ...(page.states ? { state: page.states[at] ?? null } : {}),
  }));
}

export async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** What a call was rejected with; the test fails when it was not. */
export async function rejection(work: Promise<unknown>): Promise<DriverError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof DriverError) return outcome;
  throw new Error(`expected a DriverError, got ${String(outcome)}`);
}

/** Reads the simulator's API as any plain client would. */
export async function plainClient(url: string) {
  const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE };
  const login = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username: 'simulator-access-key', password: 'simulator-access-secret' }),
  });
  const token = login.headers.get('x-sq-auth') ?? '';
  return async (path: string, search: Record<string, string> = {}): Promise<unknown> => {
    const answer = await fetch(`${url}/api${path}?${new URLSearchParams(search).toString()}`, {
      headers: { ...headers, 'x-sq-auth': token },
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}

const MEDIA_TYPE = 'application/vnd.seeq.v1+json';
