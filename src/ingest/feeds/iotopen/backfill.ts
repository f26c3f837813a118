/** Publishes the values of an installation from REST: the newest values, and the log of the backfill windows. */
import { fromMilliseconds, type Nanoseconds } from '../../../contract/instant.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import type { Row } from '../../../sources/iotopen/rows.ts';
import type { TimeLimits } from '../../source-timestamp.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import { keyOfRow, keyOfValue } from './dedup-cache.ts';
import { claimedInstant, measurementOf, readSample, type Said, type Sample, type Unreadable } from './message.ts';
import type { InstallationState } from './installation-state.ts';
import type { Reader } from './topic-map.ts';

export interface BackfillOptions {
  readonly platform: Platform;
  readonly intake: ReadingsSink;
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

  /** Publishes the required newest values. @throws DriverError, Stopped */
  async newest(place: InstallationState, filling: BackfillProgress, signal: AbortSignal): Promise<void> {
    const rows = await this.#options.platform.status(place.installation, filling.newest, signal);
    await this.#bring(place, rows, (reader, time) => filling.wantsNewest(reader) && place.isNews(reader, time));
  }

  /**
   * Publishes missing values from the log. After a failure it continues at the same position. @throws DriverError,
   * Stopped
   */
  async log(place: InstallationState, filling: BackfillProgress, signal: AbortSignal): Promise<void> {
    const { platform, pageRows, now } = this.#options;
    const query = { ...filling.range, topics: filling.topics, pageRows };
    for await (const { topics, rows } of platform.log(place.installation, query, signal)) {
      filling.look(topics, this.#timed(place, rows));
      await this.#bring(place, rows, (reader, time) => filling.wants(reader, time ?? now()));
      filling.areSafe();
    }
  }

  #timed(place: InstallationState, rows: readonly Row[]) {
    return rows.flatMap(({ topic, said }) => {
      const time = claimedInstant(said);
      if (time === undefined) return [];
      const sample = readSample(said);
      const isSafe = (reader: Reader): boolean => !('code' in sample) && place.known.has(keyOfValue(reader, sample));
      return [{ time, known: place.map.readersOf(topic).every(isSafe) }];
    });
  }

  /** Resolves when all rows are safe. Leaves half of the window to live values. */
  async #bring(place: InstallationState, rows: readonly Row[], wanted: Wanted) {
    const { intake } = this.#options;
    const most = Math.max(1, intake.window >> 1);
    for (let at = 0; at < rows.length; at += most) {
      // Failures are evaluated when all have ended, and must not be unhandled rejections until then.
      const underWay: Promise<Error | undefined>[] = [];
      for (const row of rows.slice(at, at + most)) {
        if (intake.full) await intake.whenReady();
        underWay.push(
          this.#bringRow(place, row, wanted).then(
            () => undefined,
            (error: unknown) => error as Error,
          ),
        );
      }
      const failed = (await Promise.all(underWay)).find((error) => error !== undefined);
      if (failed !== undefined) throw failed;
    }
  }

  async #bringRow(place: InstallationState, { topic, said }: Row, wanted: Wanted): Promise<void> {
    const { now } = this.#options;
    const received = now();
    const time = claimedInstant(said);
    const readers = place.map.readersOf(topic).filter((reader) => wanted(reader, time));
    if (readers.length === 0) return;
    const sample = readSample(said);
    if ('code' in sample) {
      await this.#reject(place, topic, said, sample, received);
      return;
    }
    const missing = readers.filter((reader) => !place.known.has(keyOfValue(reader, sample)));
    if (missing.length > 0) await this.#take(place, missing, sample, received);
  }

  async #take(
    place: InstallationState,
    readers: readonly Reader[],
    sample: Sample,
    received: Nanoseconds,
  ): Promise<void> {
    const { intake, times, onValue } = this.#options;
    const measurements = readers.map((reader) => measurementOf(reader, sample, received, times, NO_TIME));
    onValue(readers, sample.claimed?.instant ?? received);
    await intake.take({ measurements, rejects: [] });
    for (const reader of readers) place.known.add(keyOfValue(reader, sample));
  }

  async #reject(
    place: InstallationState,
    topic: string,
    said: Said,
    why: Unreadable,
    received: Nanoseconds,
  ): Promise<void> {
    const key = keyOfRow(topic, said);
    if (place.known.has(key)) return;
    const payload = Buffer.from(JSON.stringify(said), 'utf8');
    const about = { topic: `${place.installation.clientId}/${topic}`, from: 'REST' };
    await this.#options.intake.take({ measurements: [], rejects: [{ ...why, payload, about, received }] });
    place.known.add(key);
  }
}

/** Milliseconds as nanoseconds. */
export const nanoseconds = (ms: number): Nanoseconds => fromMilliseconds(Math.round(ms));
