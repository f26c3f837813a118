/** `iota-seeqdrv map`: shows what one MQTT message becomes on the bus, without a broker and without a bus. */
import { count } from '../lib/wording/phrases.ts';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { publishSubject, SubjectError } from '../bus/subject.ts';
import type { Publication } from '../bus/jetstream/readings-publisher.ts';
import { readFailure } from '../config/files.ts';
import type { Nanoseconds } from '../contract/time/instant.ts';
import { systemNow } from '../contract/time/time.ts';
import { openMapping } from '../ingest/mapping/mapping.ts';
import { deadLetterOf, publicationOf, type DecodedMessage, type Measurement, type Origin } from '../ingest/reading.ts';
import { findMapping, type FoundMapping } from './map-source.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface MapOptions {
  config?: string;
  mapping?: string;
  broker?: string;
  kind?: string;
  topic: string;
  payload?: string;
  file?: string;
  retained: boolean;
  received?: Nanoseconds;
  compact: boolean;
}

/** Prints each resulting bus message. Exit code 1 if there are dead letters. */
export async function map(options: MapOptions, terminal: Terminal): Promise<ExitCode> {
  const found = await findMapping(options, terminal);
  if (found === undefined) return exitCodes.usage;
  const payload = await readPayload(options, terminal);
  if (payload === undefined) return exitCodes.usage;

  const { topic, retained, received = systemNow() } = options;
  const mapping = openMapping(found.entries, found.times);
  const at = mapping.entryOf(topic);
  const entry = at === undefined ? undefined : found.entries[at];
  if (entry !== undefined)
    terminal.err(`${found.path(at ?? 0)} takes the topic, filter ${JSON.stringify(entry.filter)}`);

  const { readings, deadLetters, reasons } = publicationsOf(
    found,
    mapping.read({ topic, payload, retained, received }),
  );
  for (const { subject, id, body } of [...readings, ...deadLetters]) {
    const shown = { subject, id, body: JSON.parse(Buffer.from(body).toString('utf8')) as unknown };
    terminal.out(JSON.stringify(shown, undefined, options.compact ? undefined : 2));
  }
  for (const reason of reasons) terminal.err(`dead letter, ${reason}`);
  terminal.err(`${count(readings.length, 'reading')}, ${count(deadLetters.length, 'dead letter')}`);
  return deadLetters.length === 0 ? exitCodes.ok : exitCodes.failure;
}

interface Publications {
  readonly readings: readonly Publication[];
  readonly deadLetters: readonly Publication[];
  readonly reasons: readonly string[];
}

/** The messages in their bus format. */
function publicationsOf({ prefix, origin }: FoundMapping, { measurements, rejects }: DecodedMessage): Publications {
  const all = measurements.map((measurement) => ({ measurement, ...checked(prefix, origin, measurement) }));
  const unnamed = all.flatMap(({ measurement, publication, problem }) =>
    problem === undefined
      ? []
      : [
          {
            code: 'badName' as const,
            reason: problem,
            payload: publication.body,
            about: { tag: measurement.tag.id },
            received: measurement.received,
          },
        ],
  );
  const dead = [...rejects, ...unnamed];
  return {
    readings: all.filter(({ problem }) => problem === undefined).map(({ publication }) => publication),
    deadLetters: dead.map((reject) => deadLetterOf(prefix, origin, reject)),
    reasons: dead.map(({ code, reason, about = {} }) => {
      const place = Object.entries(about).filter(([name]) => name !== 'topic' && name !== 'text');
      const where = place.map(([name, text]) => `${name} ${JSON.stringify(text)}`).join(', ');
      return `${code}: ${reason}${where === '' ? '' : ` (${where})`}`;
    }),
  };
}

/** A topic can be too long for a subject. */
function checked(prefix: string, origin: Origin, measurement: Measurement) {
  const publication = publicationOf(prefix, origin, measurement);
  try {
    publishSubject(publication.subject);
    return { publication, problem: undefined };
  } catch (error) {
    if (!(error instanceof SubjectError)) throw error;
    return { publication, problem: error.message };
  }
}

/** Undefined if the payload cannot be read. The terminal then shows why. */
async function readPayload({ payload, file }: MapOptions, terminal: Terminal): Promise<Uint8Array | undefined> {
  if (payload !== undefined) return Buffer.from(payload, 'utf8');
  if (file === undefined) return buffer(terminal.input ?? process.stdin);
  try {
    return await readFile(file);
  } catch (error) {
    terminal.err(`The payload cannot be read: the file ${file} ${readFailure(error)}.`);
    return undefined;
  }
}
