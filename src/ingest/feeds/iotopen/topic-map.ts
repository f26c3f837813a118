/** Maps the topics of an installation to the functions that read them. */
import { withoutClientId } from '../../../sources/iotopen/log-entry.ts';
import type { Installation, Thing } from '../../../sources/iotopen/catalogue.ts';
import type { Tag } from '../../reading.ts';
import { filterProblem } from '../../../mqtt/topic-filter.ts';

/** A function, or a part of one, that reads a topic. */
export interface Reader {
  /** Unchanged as long as the tag reads the same topic. */
  readonly key: string;
  readonly tag: Tag;
  /** Without client id. */
  readonly topic: string;
  readonly unit: string | undefined;
  /** State names of an enumeration. */
  readonly states: ReadonlyMap<number, string>;
  /** Maximum age of the newest value, in milliseconds. Undefined if the platform sets none. */
  readonly maxAgeMs: number | undefined;
}

/** `topic_read`, or `topic_read_` and a word. Other topics of a function are not values. */
const TOPIC_KEY = /^topic_read(?:_(.+))?$/s;
/** Bytes in MQTT, with room for the client id. */
const LONGEST_TOPIC = 65_000;
const STATE_KEY = /^state_(.+)$/s;

export class TopicMap {
  readonly #readers: ReadonlyMap<string, readonly Reader[]>;
  /** Number of invalid topics, such as an empty one, or one with a wildcard. */
  readonly unusable: number;

  /** @param types only functions of these types; default: all */
  constructor(
    installation: Installation,
    functions: readonly Thing[],
    devices: readonly Thing[],
    types?: readonly string[],
  ) {
    const deviceNames = new Map(devices.map(({ id, meta }) => [String(id), meta.name]));
    const readers = new Map<string, Reader[]>();
    let unusable = 0;
    for (const one of new Map(functions.map((each) => [each.id, each])).values()) {
      if (types !== undefined && !types.includes(one.type)) continue;
      for (const reader of readersOf(installation, one, deviceNames.get(one.meta.device_id ?? ''))) {
        if (!isTopic(reader.topic)) unusable++;
        else readers.set(reader.topic, [...(readers.get(reader.topic) ?? []), reader]);
      }
    }
    this.#readers = readers;
    this.unusable = unusable;
  }

  /** All topics with values, without client id. */
  get topics(): string[] {
    return [...this.#readers.keys()];
  }

  get readers(): Reader[] {
    return [...this.#readers.values()].flat();
  }

  /** The readers of a topic (without client id). Several functions may share one. */
  readersOf(topic: string): readonly Reader[] {
    return this.#readers.get(topic) ?? [];
  }
}

/** A map without functions. */
export const NO_TOPICS = new TopicMap({ id: 0, clientId: 0, name: '', assigned: undefined }, [], []);

/** A broker closes the connection on a topic with characters that MQTT does not allow, or on one that is too long or too deep. */
function isTopic(topic: string): boolean {
  return (
    topic !== '' &&
    !/[+#\p{Noncharacter_Code_Point}]/u.test(topic) &&
    Buffer.byteLength(topic) <= LONGEST_TOPIC &&
    // Subscriptions have the client id before it.
    filterProblem(`0/${topic}`) === undefined
  );
}

function readersOf(installation: Installation, { id, type, meta }: Thing, deviceName: string | undefined): Reader[] {
  const name = [installation.name, deviceName, meta.name ?? (type === '' ? `Function ${id}` : type)]
    .filter((part) => part !== undefined && part.trim() !== '')
    .join(' / ');
  return Object.entries(meta).flatMap(([key, value]): Reader[] => {
    const match = TOPIC_KEY.exec(key);
    if (match === null) return [];
    const what = match[1];
    const ofFunction = `${installation.clientId}/${id}`;
    const tag =
      what === undefined ? { id: ofFunction, name } : { id: `${ofFunction}#${what}`, name: `${name} (${what})` };
    const topic = withoutClientId(value.trim(), installation.clientId);
    return [
      {
        key: JSON.stringify([tag.id, topic]),
        tag,
        topic,
        unit: meta.unit === undefined || meta.unit.trim() === '' ? undefined : meta.unit.trim(),
        states: statesOf(meta),
        maxAgeMs: seconds(meta.max_age),
      },
    ];
  });
}

function statesOf(meta: Readonly<Record<string, string>>): Map<number, string> {
  return new Map(
    Object.entries(meta).flatMap(([key, text]): [number, string][] => {
      const name = STATE_KEY.exec(key)?.[1];
      const number = Number(text);
      return name === undefined || text.trim() === '' || !Number.isFinite(number) ? [] : [[number, name]];
    }),
  );
}

/** The longest timer interval, about 24 days. A longer alarm time is not useful. */
const LONGEST_MS = 2 ** 31 - 1;

function seconds(text: string | undefined): number | undefined {
  const ms = Number(text) * 1000;
  return text !== undefined && ms > 0 && ms <= LONGEST_MS ? ms : undefined;
}
