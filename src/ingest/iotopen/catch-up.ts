/** Brings what REST knows of an installation onto the bus: the newest values, and the log of what was missed. */
import { fromMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import type { Platform } from '../../sources/iotopen/platform.ts';
import type { Row } from '../../sources/iotopen/rows.ts';
import type { TimeLimits } from '../claimed-time.ts';
import type { Intake } from '../intake.ts';
import { measurementOf, readSample, type Sample } from './message.ts';
import type { Place } from './place.ts';
import type { Reader } from './topic-map.ts';

export interface CatchUpOptions {
  readonly platform: Platform;
  readonly intake: Intake;
  readonly times: TimeLimits;
  readonly pageRows: number;
  readonly overlapNs: Nanoseconds;
  /** No wider than this, back from now. */
  readonly mostNs: Nanoseconds;
  readonly now: () => Nanoseconds;
  /** Told of each value that is brought. */
  readonly onValue: (readers: readonly Reader[], time: Nanoseconds) => void;
}

const NO_TIME = 'The platform names no time for the value; the time is that of arrival.';

export class CatchUp {
  readonly #options: CatchUpOptions;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Brings the newest value of each topic, or of the given ones. @throws DriverError, PipelineStopped */
  async snapshot(place: Place, signal: AbortSignal, topics = place.map.topics): Promise<void> {
    const rows = await this.#options.platform.status(place.installation, topics, signal);
    await this.#bring(place, rows, (topic) => !place.isLive(topic));
  }

  /**
   * Brings what arrived at the platform since `from`, as far back as is wanted.
   * @returns the beginning of what was read, if `from` lies too far back
   * @throws DriverError, PipelineStopped
   */
  async log(
    place: Place,
    from: Nanoseconds,
    signal: AbortSignal,
    topics = place.map.topics,
  ): Promise<Nanoseconds | undefined> {
    const { platform, pageRows, overlapNs, mostNs, now } = this.#options;
    const at = now();
    const earliest = at - mostNs;
    const begin = from > earliest ? from : earliest;
    const range = place.range(begin, at, overlapNs, mostNs);
    const pages = platform.log(place.installation, { ...range, topics, pageRows }, signal);
    for await (const rows of pages) {
      await this.#bring(place, rows, (topic, time) => place.belongs(topic, time, begin, overlapNs));
    }
    return from < earliest ? earliest : undefined;
  }

  /** Resolves when all of them are safe. Half of the window is left to live values. */
  async #bring(place: Place, rows: readonly Row[], wanted: (topic: string, time: Nanoseconds) => boolean) {
    const { intake } = this.#options;
    const most = Math.max(1, intake.window >> 1);
    for (let at = 0; at < rows.length; at += most) {
      // Failures are looked at when all have ended, and must not count as unnoticed until then.
      const underWay: Promise<Error | undefined>[] = [];
      for (const row of rows.slice(at, at + most)) {
        if (intake.full) await intake.room();
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

  async #bringRow(place: Place, { topic, said }: Row, wanted: (topic: string, time: Nanoseconds) => boolean) {
    const { intake, now } = this.#options;
    const readers = place.map.readersOf(topic);
    if (readers.length === 0) return;
    const received = now();
    const sample = readSample(said);
    if ('code' in sample) {
      const payload = Buffer.from(JSON.stringify(said), 'utf8');
      const about = { topic: `${place.installation.clientId}/${topic}`, from: 'REST' };
      await intake.take({ measurements: [], rejects: [{ ...sample, payload, about, received }] });
      return;
    }
    if (!wanted(topic, sample.claimed?.instant ?? received) || place.knows(topic, sample)) return;
    await this.#take(place, topic, readers, sample, received);
  }

  async #take(
    place: Place,
    topic: string,
    readers: readonly Reader[],
    sample: Sample,
    received: Nanoseconds,
  ): Promise<void> {
    const { intake, times, onValue } = this.#options;
    const measurements = readers.map((reader) => measurementOf(reader, sample, received, times, NO_TIME));
    onValue(readers, sample.claimed?.instant ?? received);
    await intake.take({ measurements, rejects: [] });
    place.isSafe(topic, sample);
  }
}

/** Hours, minutes and the like as nanoseconds. */
export const nanoseconds = (ms: number): Nanoseconds => fromMilliseconds(Math.round(ms));
