/** Which topics of an installation are values of which functions. */
import { withoutClientId } from '../../../sources/iotopen/rows.ts';
import type { Installation, Thing } from '../../../sources/iotopen/catalogue.ts';
import type { Tag } from '../../reading.ts';

/** A function, or a part of one, that takes its values from a topic. */
export interface Reader {
  /** The same as long as the tag takes its values from the same topic. */
  readonly key: string;
  readonly tag: Tag;
  /** Without client id. */
  readonly topic: string;
  readonly unit: string | undefined;
  /** Names of an enumeration's values. */
  readonly states: ReadonlyMap<number, string>;
  /** How old the newest value may be, in milliseconds; undefined where nobody says. */
  readonly maxAgeMs: number | undefined;
}

/** `topic_read`, or `topic_read_` and a word. Other topics of a function are no values of it. */
const TOPIC_KEY = /^topic_read(?:_(.+))?$/s;
/** Bytes in MQTT, with room for the client id. */
const LONGEST_TOPIC = 65_000;
const STATE_KEY = /^state_(.+)$/s;

export class TopicMap {
  readonly #readers: ReadonlyMap<string, readonly Reader[]>;
  /** Topics that are none, such as an empty one, or one with a wildcard. */
  readonly unusable: number;

  /** @param types only functions of these types; all without it */
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

  /** Whose values a topic (without client id) brings; several functions may share one. */
  readersOf(topic: string): readonly Reader[] {
    return this.#readers.get(topic) ?? [];
  }
}

/** Without functions. */
export const NO_TOPICS = new TopicMap({ id: 0, clientId: 0, name: '', assigned: undefined }, [], []);

/** A broker ends the connection of whoever names a topic with characters that MQTT does not want, or too long a one. */
function isTopic(topic: string): boolean {
  return (
    topic !== '' &&
    topic.isWellFormed() &&
    !/[+#\p{Cc}\p{Noncharacter_Code_Point}]/u.test(topic) &&
    Buffer.byteLength(topic) <= LONGEST_TOPIC
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
    const tokens = [String(installation.clientId), String(id)];
    const tag =
      what === undefined
        ? { id: String(id), tokens, name }
        : { id: `${id}#${what}`, tokens: [...tokens, `#${what}`], name: `${name} (${what})` };
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

/** A timer takes no more than this; beyond 24 days nobody waits for an alarm. */
const LONGEST_MS = 2 ** 31 - 1;

function seconds(text: string | undefined): number | undefined {
  const ms = Number(text) * 1000;
  return text !== undefined && ms > 0 && ms <= LONGEST_MS ? ms : undefined;
}
