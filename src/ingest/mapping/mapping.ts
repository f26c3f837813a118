/**
 * The mapping of MQTT messages to readings. It has no side effects. Any message becomes readings, dead letters, or
 * both, in bounded time.
 */
import type { TimeLimits } from '../source-timestamp.ts';
import type { DecodedMessage } from '../reading.ts';
import { compileEntry, type Entry, type MappingEntry, type Taken } from './entry.ts';
import { MappingResult, type MqttMessage } from './result.ts';
import { LONGEST_NAME } from './tag.ts';
import { topicProblem } from './topic.ts';

export type { MappingEntry } from './entry.ts';
export type { MqttMessage } from './result.ts';

export interface Mapping {
  /** Decodes the message. Never throws. */
  read(message: MqttMessage): DecodedMessage;
  /** Index of the configured entry that matches a topic. Undefined if there is none. */
  entryOf(topic: string): number | undefined;
}

/** Topics repeat. The matches of this many topics are cached. */
const MAX_KNOWN = 10_000;

/**
 * Compiles the entries. The first match counts.
 * @param topics As `topicSchema` produces them; anything else may throw here.
 */
export function openMapping(topics: readonly MappingEntry[], limits: TimeLimits): Mapping {
  const entries = topics.map((topic) => compileEntry(topic, limits));
  const known = new Map<string, Choice | undefined>();
  const choose = (topic: string): Choice | undefined => {
    if (known.has(topic)) return known.get(topic);
    const choice = choiceOf(entries, topic.split('/'));
    if (known.size >= MAX_KNOWN) known.clear();
    if (topic.length <= LONGEST_NAME) known.set(topic, choice);
    return choice;
  };
  return {
    entryOf: (topic) => choose(topic)?.at,
    read: (message) => {
      const outcome = new MappingResult(message);
      readInto(outcome, message, choose);
      return outcome.delivery();
    },
  };
}

/** The entry that matches a topic. */
interface Choice {
  readonly at: number;
  readonly entry: Entry;
  readonly taken: Taken;
}

function choiceOf(entries: readonly Entry[], levels: readonly string[]): Choice | undefined {
  for (const [at, entry] of entries.entries()) {
    const taken = entry.take(levels);
    if (taken !== undefined) return { at, entry, taken };
  }
  return undefined;
}

function readInto(outcome: MappingResult, message: MqttMessage, choose: (topic: string) => Choice | undefined): void {
  const { topic } = message;
  const problem = topicProblem(topic);
  if (problem !== undefined) {
    outcome.reject('badName', `No reading can be named: ${problem}.`);
    return;
  }
  const choice = choose(topic);
  if (choice === undefined) {
    outcome.reject('noMapping', 'No entry of the configuration takes this topic.');
    return;
  }
  try {
    choice.entry.read(message, choice.taken, outcome);
  } catch (error) {
    // No known input leads here. If one does, the message is kept as a dead letter.
    outcome.reject('wrongShape', `The message could not be worked through: ${String(error)}`);
  }
}
