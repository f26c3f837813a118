/** Publishes the values of an installation from REST: the newest values, and the rows of the log that may be missing. */
import { fromMilliseconds, type Nanoseconds } from '../../../contract/time/instant.ts';
import { inParallel } from '../../../lib/in-parallel.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import type { Row } from '../../../sources/iotopen/log-entry.ts';
import type { TimeLimits } from '../../source-timestamp.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import type { BackfillJob } from './backfill-job.ts';
import { keyOfRow, keyOfValue } from './dedup-cache.ts';
import { instantOf, measurementOf, readSample } from './message.ts';
import type { InstallationState } from './installation-state.ts';
import type { Reader } from './topic-map.ts';

export interface BackfillOptions {
  readonly platform: Platform;
  readonly sink: ReadingsSink;
  readonly times: TimeLimits;
  readonly pageRows: number;
  readonly now: () => Nanoseconds;
  /** Called for each published value. */
  readonly onValue: (readers: readonly Reader[], time: Nanoseconds) => void;
}

/** Whether a reader of a row needs it. `time` is undefined for a row without one. */
type Wanted = (reader: Reader, time: Nanoseconds | undefined) => boolean;

const NO_TIME = 'The platform names no time for the value; the time is that of arrival.';

export class Backfill {
  readonly #options: BackfillOptions;

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  /** Publishes the newest values of the readers. @throws DriverError, Stopped */
  async newest(state: InstallationState, readers: readonly Reader[], signal: AbortSignal): Promise<void> {
    const wanted = new Set(readers.map(({ key }) => key));
    const topics = [...new Set(readers.map(({ topic }) => topic))];
    const rows = await this.#options.platform.status(state.installation, topics, signal);
    await this.#publish(state, rows, (reader, time) => wanted.has(reader.key) && state.isNews(reader, time));
  }

  /**
   * Publishes the missing values of a job from the log. After a failure the next call continues with the last page:
   * rows that are published already are recognized. @throws DriverError, Stopped
   */
  async log(state: InstallationState, job: BackfillJob, signal: AbortSignal): Promise<void> {
    const { platform, pageRows, now } = this.#options;
    const log = (job.log ??= platform.log(state.installation, { ...job.range, topics: job.topics, pageRows }));
    try {
      for (let rows = await log.next(signal); rows !== undefined; rows = await log.next(signal)) {
        await this.#publish(state, rows, (reader, time) => job.wants(reader, time ?? now()));
      }
    } catch (error) {
      log.repeatPage();
      throw error;
    }
  }

  /** Resolves when all rows are safe. Leaves half of the window to live values. */
  async #publish(state: InstallationState, rows: readonly Row[], wanted: Wanted): Promise<void> {
    const { sink } = this.#options;
    await inParallel(rows, Math.max(1, sink.window >> 1), async (row) => {
      if (sink.full) await sink.whenReady();
      await this.#publishRow(state, row, wanted);
    });
  }

  async #publishRow(state: InstallationState, { topic, content }: Row, wanted: Wanted): Promise<void> {
    const { now, sink, times, onValue } = this.#options;
    const received = now();
    const time = instantOf(content);
    const readers = state.map.readersOf(topic).filter((reader) => wanted(reader, time));
    if (readers.length === 0) return;
    const sample = readSample(content);
    if ('code' in sample) {
      const key = keyOfRow(topic, content);
      if (state.known.has(key)) return;
      const about = { topic: `${state.installation.clientId}/${topic}`, from: 'REST' };
      const payload = Buffer.from(JSON.stringify(content), 'utf8');
      await sink.publish({ measurements: [], rejects: [{ ...sample, payload, about, received }] });
      state.known.add(key);
      return;
    }
    const missing = readers.filter((reader) => !state.known.has(keyOfValue(reader, sample)));
    if (missing.length === 0) return;
    const measurements = missing.map((reader) => measurementOf(reader, sample, received, times, NO_TIME));
    onValue(missing, sample.sourceTime?.instant ?? received);
    await sink.publish({ measurements, rejects: [] });
    for (const reader of missing) state.known.add(keyOfValue(reader, sample));
  }
}

/** Milliseconds as nanoseconds. */
export const nanoseconds = (ms: number): Nanoseconds => fromMilliseconds(Math.round(ms));
