/** Detects devices that no longer post: an empty battery, a lost network or a closed app causes no error. */
import type { FeedHealth } from '../../../contract/health.ts';
import { limited, type Logger } from '../../../contract/log.ts';
import { StalenessWatch, type Silent } from '../../staleness.ts';
import type { Sender } from './sources.ts';

export interface DeviceWatchOptions {
  readonly staleAfterMs: number;
  readonly logger: Logger;
  /** Called when a device has gone silent or sends again. */
  readonly onChange: () => void;
}

/** Devices that are not configured are watched too, up to this number. */
const MOST_DEVICES = 10_000;
const MOST_REPORTED = 50;

export class DeviceWatch {
  readonly #options: DeviceWatchOptions;
  readonly #watch: StalenessWatch;
  /** Display names of the watched devices and sources. */
  readonly #titles = new Map<string, string>();

  constructor(options: DeviceWatchOptions) {
    const { logger, onChange } = options;
    this.#options = options;
    this.#watch = new StalenessWatch({
      onSilent: (silent) => {
        limited(logger).warn('seneye silent', { device: silent.name }, `${this.#describe(silent)}. ${ADVICE}`);
        onChange();
      },
      onRecovered: ({ name }) => {
        limited(logger).info('seneye heard', { device: name }, `${this.#titles.get(name) ?? name} sends again`);
        onChange();
      },
    });
  }

  /** The silent devices and sources: at most 50, the ones that are silent for the longest time first. */
  get silent(): NonNullable<FeedHealth['silent']> {
    return this.#watch.silent
      .toSorted((a, b) => (a.lastReceivedMs ?? 0) - (b.lastReceivedMs ?? 0))
      .slice(0, MOST_REPORTED)
      .map(({ name, lastReceivedMs }) => ({
        name: this.#titles.get(name) ?? name,
        since: lastReceivedMs === undefined ? null : new Date(lastReceivedMs).toISOString(),
      }));
  }

  /** The silent devices, as a text. Undefined if there are none. */
  get alarm(): string | undefined {
    const { silent } = this.#watch;
    if (silent.length === 0) return undefined;
    const shown = silent.slice(0, 5).map((one) => this.#describe(one));
    const more = silent.length > shown.length ? [`and ${silent.length - shown.length} more`] : [];
    return `${[...shown, ...more].join('; ')}. ${ADVICE}`;
  }

  /** Starts the watch for a configured source: its devices, or the source itself if none is configured. */
  expect(source: Sender): void {
    for (const sud of source.devices) this.#expect(source, sud, source.deviceName(sud));
    if (source.devices.length === 0) this.#expect(source, undefined, undefined);
  }

  /** Records a post of a device. */
  heard(source: Sender, sud: string, device: string | undefined): void {
    if (this.#titles.size < MOST_DEVICES) this.#expect(source, sud, device);
    this.#watch.heard(keyOf(source, sud));
    this.#watch.heard(keyOf(source, undefined));
  }

  stop(): void {
    this.#watch.stop();
  }

  #expect(source: Sender, sud: string | undefined, device: string | undefined): void {
    const name = keyOf(source, sud);
    const title = device ?? sud;
    const whole =
      title === undefined ? `Source ${quote(source.name)}` : `Device ${quote(title)} of ${quote(source.name)}`;
    if (!this.#titles.has(name)) this.#titles.set(name, whole);
    this.#watch.expect({ name, afterMs: this.#options.staleAfterMs });
  }

  #describe({ name, afterMs, lastReceivedMs }: Silent): string {
    const title = this.#titles.get(name) ?? name;
    return lastReceivedMs === undefined
      ? `${title} has not posted for ${minutes(afterMs)} since the driver started`
      : `${title} has not posted since ${new Date(lastReceivedMs).toISOString()}`;
  }
}

const ADVICE =
  'A device posts about every 30 minutes: see whether it and its app or web server run, and whether the URL, id and secret there are still right.';

const keyOf = (source: Sender, sud: string | undefined): string =>
  sud === undefined ? source.name : `${source.name}/${sud}`;

const quote = (text: string): string => JSON.stringify(text);

const minutes = (ms: number): string => (ms < 120_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} min`);
