/**
 * The latest readings by device, and a short history of each value, for people who look at a running driver. It has
 * only readings that are safe on the bus, and forgets the devices that have not sent for the longest time.
 */
import { formatFqn } from '../contract/fqn.ts';
import { formatInstant } from '../contract/time/instant.ts';
import type { ScalarValue, ValueStatus } from '../contract/values.ts';
import type { Measurement, Origin } from '../ingest/reading.ts';

/** A value with its time. */
export interface LatestReading {
  readonly fqn: string;
  /** The part of the tag's id after its device: a field, or the quantity of a sensor. Empty if there is none. */
  readonly field: string;
  readonly name: string;
  /** When it was measured, ISO 8601 UTC. */
  readonly time: string;
  readonly value: ScalarValue;
  readonly unit?: string | undefined;
  readonly status: ValueStatus;
  /** Why the status is not Good. */
  readonly reason?: string | undefined;
}

export interface LatestTag extends LatestReading {
  /** Number of readings since the driver knows the tag. */
  readonly count: number;
  /** The newest readings with a usable number, ascending in time. */
  readonly trend: readonly TrendPoint[];
}

export interface TrendPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: number;
}

/** The readings of a device that have the same time. */
export interface DevicePost {
  readonly time: string;
  readonly received: string;
  readonly attributes: Readonly<Record<string, ScalarValue>>;
  readonly readings: readonly LatestReading[];
}

export interface LatestDevice {
  /** Number of the device in this process. */
  readonly id: number;
  readonly origin: Origin;
  /** Id of the device within its connection: what its tags have in common. */
  readonly device: string;
  /** Name for people. */
  readonly name: string;
  /** Arrival of the newest reading, ISO 8601 UTC. */
  readonly received: string;
  readonly tagCount: number;
  readonly tags: readonly LatestTag[];
  /** Its posts, the newest first. Only of seneye devices. */
  readonly posts: readonly DevicePost[];
}

const MOST_DEVICES = 200;
const MOST_TAGS = 24;
const MOST_POINTS = 48;
const MOST_POSTS = 24;
const LONGEST_TEXT = 200;

/** The trend of a tag in a ring: numbers take far less memory than objects. */
class Trend {
  /** Time in milliseconds since 1970 and value of each point, ascending in time. */
  readonly #numbers = new Float64Array(2 * MOST_POINTS);
  #length = 0;

  get points(): TrendPoint[] {
    return Array.from({ length: this.#length }, (_, at) => ({
      atMs: this.#at(at),
      value: this.#numbers[2 * at + 1] ?? 0,
    }));
  }

  /** Adds a point in the order of time. One at the same time replaces the other. */
  add(atMs: number, value: number): void {
    const numbers = this.#numbers;
    let at = this.#length;
    while (at > 0 && this.#at(at - 1) > atMs) at--;
    if (at > 0 && this.#at(at - 1) === atMs) {
      numbers[2 * at - 1] = value;
      return;
    }
    if (this.#length === MOST_POINTS) {
      // Older than all that are kept.
      if (at === 0) return;
      numbers.copyWithin(0, 2, 2 * at);
      at--;
    } else {
      numbers.copyWithin(2 * at + 2, 2 * at, 2 * this.#length);
      this.#length++;
    }
    numbers[2 * at] = atMs;
    numbers[2 * at + 1] = value;
  }

  #at(at: number): number {
    return this.#numbers[2 * at] ?? 0;
  }
}

/** What is kept of a measurement. Its texts are formatted when they are shown. */
type Kept = Pick<Measurement, 'tag' | 'time' | 'value' | 'unit' | 'status' | 'reason'>;

interface Tag {
  latest: Kept;
  count: number;
  readonly trend: Trend;
}

interface Post {
  readonly time: bigint;
  readonly received: bigint;
  readonly attributes: Readonly<Record<string, ScalarValue>>;
  /** By id of the tag. */
  readonly readings: Map<string, Kept>;
}

interface Device {
  readonly id: number;
  readonly origin: Origin;
  readonly device: string;
  name: string;
  received: bigint;
  /** By id. */
  readonly tags: Map<string, Tag>;
  /** The newest first. */
  readonly posts: Post[];
}

export class LatestReadings {
  /** By connection and device, the one that has not sent for the longest time first. */
  readonly #devices = new Map<string, Device>();
  #ids = 0;

  /** The devices, the one that sent last first. */
  get devices(): LatestDevice[] {
    return [...this.#devices.values()].reverse().map((device) => new ShownDevice(device));
  }

  /** Records a reading that is safe on the bus. */
  readonly record = (origin: Origin, measurement: Measurement): void => {
    const { id: whole } = measurement.tag;
    const end = whole.indexOf('#');
    const id = end < 0 ? whole : whole.slice(0, end);
    const key = `${origin.scheme}:${origin.connection}/${id}`;
    const device = this.#devices.get(key) ?? {
      ...{ id: this.#ids++, origin, device: id, name: '', received: 0n },
      ...{ tags: new Map<string, Tag>(), posts: [] },
    };
    this.#devices.delete(key);
    this.#devices.set(key, device);
    if (this.#devices.size > MOST_DEVICES) dropFirst(this.#devices);
    device.name = nameOf(measurement, id);
    if (measurement.received > device.received) device.received = measurement.received;
    const kept = keptOf(measurement, device.tags.get(whole)?.latest.tag);
    recordTag(device, kept);
    if (origin.scheme === 'seneye') recordPost(device, measurement, kept);
  };
}

/** @param known the tag as it is kept already, so that its texts are in memory once */
function keptOf({ tag, time, value, unit, status, reason }: Measurement, known: Kept['tag'] | undefined): Kept {
  const name = cut(tag.name);
  return {
    tag: known?.name === name ? known : { id: tag.id, name },
    ...{ time, status, unit },
    value: typeof value === 'string' ? cut(value) : value,
    reason: reason === undefined ? undefined : cut(reason),
  };
}

/** An older reading that arrives later, such as one that was backfilled, becomes part of the trend alone. */
function recordTag({ tags }: Device, kept: Kept): void {
  const { id } = kept.tag;
  const tag = tags.get(id) ?? { latest: kept, count: 0, trend: new Trend() };
  tags.set(id, tag);
  if (tags.size > MOST_TAGS) dropFirst(tags);
  tag.count++;
  if (kept.time >= tag.latest.time) tag.latest = kept;
  const { value, status, time } = kept;
  if (typeof value === 'number' && status !== 'Bad Data') tag.trend.add(Number(time / 1_000_000n), value);
}

function recordPost({ posts }: Device, { time, received, attributes = {} }: Measurement, kept: Kept): void {
  const { id } = kept.tag;
  const at = posts.findIndex((post) => post.time <= time);
  const known = posts[at];
  if (known?.time === time) {
    known.readings.set(id, kept);
    return;
  }
  if (at < 0 && posts.length >= MOST_POSTS) return;
  posts.splice(at < 0 ? posts.length : at, 0, { time, received, attributes, readings: new Map([[id, kept]]) });
  if (posts.length > MOST_POSTS) posts.pop();
}

/** A device as it is shown. Its tags and posts are formatted only if they are needed. */
class ShownDevice implements LatestDevice {
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  get id(): number {
    return this.#device.id;
  }

  get origin(): Origin {
    return this.#device.origin;
  }

  get device(): string {
    return this.#device.device;
  }

  get name(): string {
    return this.#device.name;
  }

  get received(): string {
    return formatInstant(this.#device.received);
  }

  get tagCount(): number {
    return this.#device.tags.size;
  }

  get tags(): LatestTag[] {
    const { tags, origin } = this.#device;
    return Array.from(tags.values(), ({ latest, count, trend }) => ({
      ...readingOf(origin, latest),
      count,
      trend: trend.points,
    }));
  }

  get posts(): DevicePost[] {
    const { posts, origin } = this.#device;
    return posts.map(({ time, received, attributes, readings }) => ({
      ...{ time: formatInstant(time), received: formatInstant(received), attributes },
      readings: Array.from(readings.values(), (kept) => readingOf(origin, kept)),
    }));
  }
}

function readingOf({ scheme, connection: host }: Origin, { tag, time, ...rest }: Kept): LatestReading {
  const fqn = formatFqn({ scheme, host, kind: 'signal', id: tag.id });
  return { fqn, field: fieldOf(tag.id), name: tag.name, time: formatInstant(time), ...rest };
}

const fieldOf = (id: string): string => (id.includes('#') ? cut(id.slice(id.indexOf('#') + 1)) : '');

function nameOf({ attributes, tag }: Measurement, id: string): string {
  const device = attributes?.device;
  return cut(typeof device === 'string' ? device : tag.id === id ? tag.name : id);
}

function dropFirst(map: Map<string, unknown>): void {
  const [first] = map.keys();
  if (first !== undefined) map.delete(first);
}

const cut = (text: string): string =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT).toWellFormed()}…`;
