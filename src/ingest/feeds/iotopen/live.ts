/** Converts live messages of the broker to readings: one for each function that reads the topic. */
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { TimeLimits } from '../../source-timestamp.ts';
import type { ReadingsSink } from '../../readings-sink.ts';
import type { Incoming } from '../../../mqtt/client.ts';
import { measurementOf, parsePayload, readSample, type Unreadable } from './message.ts';
import type { InstallationStates } from './installation-states.ts';
import type { Reader } from './topic-map.ts';

export interface LiveOptions {
  readonly sink: ReadingsSink;
  readonly states: InstallationStates;
  readonly times: TimeLimits;
  /** Called for each value. */
  readonly onValue: (readers: readonly Reader[], time: Nanoseconds) => void;
  /** Called when the platform reports a change of the catalogue. */
  readonly onChanged: () => void;
}

const CHANGED = /^evt\/[^/]+\/updated$/;
const KEPT_BY_BROKER = 'The broker had kept the value, and its sender names no time; the time is that of arrival.';
const AFTER_OUTAGE =
  'The value came after an outage and may have waited, and its sender names no time; the time is that of arrival.';

export class Live {
  readonly #options: LiveOptions;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Resolves when the message may be acknowledged. @throws Stopped */
  async receive(message: Incoming): Promise<void> {
    const { sink, states, times, onValue, onChanged } = this.#options;
    const { received, payload } = message;
    const [, client = '', topic = ''] = /^(\d+)\/(.*)$/s.exec(message.topic) ?? [];
    if (CHANGED.test(topic)) {
      onChanged();
      return;
    }
    const state = states.of(Number(client));
    const readers = state?.map.readersOf(topic) ?? [];
    if (state === undefined || readers.length === 0) {
      // Most platforms have topics that no function reads. That is no problem.
      await sink.publish({ measurements: [], rejects: [] });
      return;
    }
    const reject = ({ code, reason }: Unreadable): Promise<void> =>
      sink.publish({
        measurements: [],
        rejects: [{ code, reason, payload, about: { topic: message.topic }, received }],
      });
    const parsed = parsePayload(payload);
    if ('code' in parsed) return reject(parsed);
    const sample = readSample(parsed.content);
    if ('code' in sample) return reject(sample);
    state.received(readers, topic, sample);
    const doubt = message.retained ? KEPT_BY_BROKER : state.isArrivalUncertain() ? AFTER_OUTAGE : undefined;
    const measurements = readers.map((reader) => measurementOf(reader, sample, received, times, doubt));
    onValue(readers, sample.sourceTime?.instant ?? received);
    await sink.publish({ measurements, rejects: [] });
    state.liveIsSafe(readers, topic, sample, received);
  }
}
