/** The rules of `settings.ingest` that concern several keys at once. A further kind of feed with rules is a line here. */
import type { Problem } from '../problems.ts';
import { i3Checks } from './i3-checks.ts';
import { iotOpenChecks } from './iotopen-checks.ts';
import { mqttChecks } from './mqtt-checks.ts';

type Raw = Readonly<Record<string, unknown>>;
export interface Checked {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/** Kinds of feeds that are lists of named connections. */
const NAMED = ['mqtt', 'i3', 'iotopen', 'egress'] as const;

/** Looks at `settings.ingest` in its raw form, so that it also speaks when others do. */
export function ingestChecks(ingest: Raw): Checked {
  const all = [
    ...NAMED.map((kind): Checked => ({ problems: sameNames(kind, ingest[kind]), warnings: [] })),
    mqttChecks(ingest),
    i3Checks(ingest),
    iotOpenChecks(ingest.iotopen),
  ];
  return { problems: all.flatMap(({ problems }) => problems), warnings: all.flatMap(({ warnings }) => warnings) };
}

/** The name of a connection stands in every FQN, so that of two with one name nobody could tell the readings apart. */
function sameNames(kind: string, connections: unknown): Problem[] {
  if (!Array.isArray(connections)) return [];
  const first = new Map<string, number>();
  return connections.flatMap((connection: unknown, index) => {
    const given =
      typeof connection === 'object' && connection !== null && 'name' in connection ? connection.name : undefined;
    if (typeof given !== 'string') return [];
    const name = given.normalize('NFC').toLowerCase();
    const other = first.get(name);
    if (other === undefined) first.set(name, index);
    if (other === undefined) return [];
    const message = `is the same name as settings.ingest.${kind}[${other}].name (letter case does not count)`;
    return [{ path: `settings.ingest.${kind}[${index}].name`, message }];
  });
}
