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
  readonly tags: readonly LatestTag[];
  /** Its posts, the newest first. Only of seneye devices. */
  readonly posts: readonly DevicePost[];
}

const MOST_DEVICES = 200;
const MOST_TAGS = 24;
const MOST_POINTS = 48;
const MOST_POSTS = 24;
const LONGEST_TEXT = 200;

interface Tag {
  latest: LatestReading;
  timeNs: bigint;
  count: number;
  readonly trend: TrendPoint[];
}

interface Post {
  readonly timeNs: bigint;
  readonly received: string;
  readonly attributes: Readonly<Record<string, ScalarValue>>;
  readonly readings: Map<string, LatestReading>;
}

interface Device {
  readonly id: number;
  readonly origin: Origin;
  readonly device: string;
  name: string;
  received: bigint;
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
    return [...this.#devices.values()].reverse().map(shown);
  }

  /** Records a reading that is safe on the bus. */
  readonly record = (origin: Origin, measurement: Measurement): void => {
    const [id = '', ...fields] = measurement.tag.id.split('#');
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
    const field = fields.join('#');
    const reading = readingOf(origin, measurement, field);
    recordTag(device, measurement, reading);
    if (origin.scheme === 'seneye') recordPost(device, measurement, reading);
  };
}

function readingOf(origin: Origin, { tag, time, value, unit, status, reason }: Measurement, field: string) {
  const { scheme, connection: host } = origin;
  return {
    fqn: formatFqn({ scheme, host, kind: 'signal', id: tag.id }),
    ...{ field: cut(field), name: cut(tag.name), time: formatInstant(time) },
    value: typeof value === 'string' ? cut(value) : value,
    ...{ unit, status, reason: reason === undefined ? undefined : cut(reason) },
  };
}

/** An older reading that arrives later, such as one that was backfilled, becomes part of the trend alone. */
function recordTag({ tags }: Device, { tag: { id }, time }: Measurement, latest: LatestReading): void {
  const tag = tags.get(id) ?? { latest, timeNs: time, count: 0, trend: [] };
  tags.set(id, tag);
  if (tags.size > MOST_TAGS) dropFirst(tags);
  tag.count++;
  if (time >= tag.timeNs) Object.assign(tag, { latest, timeNs: time });
  if (typeof latest.value !== 'number' || latest.status === 'Bad Data') return;
  const { trend } = tag;
  const point = { atMs: Number(time / 1_000_000n), value: latest.value };
  const at = trend.findLastIndex(({ atMs }) => atMs <= point.atMs);
  if (trend[at]?.atMs === point.atMs) trend[at] = point;
  else trend.splice(at + 1, 0, point);
  if (trend.length > MOST_POINTS) trend.shift();
}

function recordPost({ posts }: Device, measurement: Measurement, reading: LatestReading): void {
  const { time, received, attributes = {} } = measurement;
  const at = posts.findIndex(({ timeNs }) => timeNs <= time);
  const known = posts[at];
  if (known?.timeNs === time) {
    known.readings.set(reading.field, reading);
    return;
  }
  if (at < 0 && posts.length >= MOST_POSTS) return;
  const readings = new Map([[reading.field, reading]]);
  posts.splice(at < 0 ? posts.length : at, 0, {
    timeNs: time,
    received: formatInstant(received),
    attributes,
    readings,
  });
  if (posts.length > MOST_POSTS) posts.pop();
}

function shown({ id, origin, device, name, received, tags, posts }: Device): LatestDevice {
  return {
    ...{ id, origin, device, name, received: formatInstant(received) },
    tags: [...tags.values()].map(({ latest, count, trend }) => ({ ...latest, count, trend })),
    posts: posts.map(({ timeNs, received: arrived, attributes, readings }) => ({
      ...{ time: formatInstant(timeNs), received: arrived, attributes },
      readings: [...readings.values()],
    })),
  };
}

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
