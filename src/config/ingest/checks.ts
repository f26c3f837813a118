/** The rules of `settings.ingest` that concern several keys at once. Add the rules of a further kind of feed here. */
import type { Problem } from '../../lib/problem.ts';
import type { Raw } from '../raw.ts';
import { sameNames } from '../same-names.ts';
import { i3Checks } from './i3-checks.ts';
import { iotOpenChecks } from './iotopen-checks.ts';
import { mqttChecks } from './mqtt-checks.ts';
import { sameClients } from './same-clients.ts';
import { streamChecks } from './stream-checks.ts';

export interface Checked {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/** Kinds of feeds that are lists of named connections. */
const NAMED = ['mqtt', 'i3', 'iotopen', 'egress'] as const;

/** Checks `settings.ingest` in its raw form, so that its problems are reported together with schema problems. */
export function ingestChecks(ingest: Raw): Checked {
  const all = [
    ...NAMED.map((kind): Checked => ({ problems: sameNames(`settings.ingest.${kind}`, ingest[kind]), warnings: [] })),
    streamChecks(ingest),
    { problems: sameClients(ingest), warnings: [] },
    mqttChecks(ingest),
    i3Checks(ingest),
    iotOpenChecks(ingest.iotopen),
  ];
  return { problems: all.flatMap(({ problems }) => problems), warnings: all.flatMap(({ warnings }) => warnings) };
}
