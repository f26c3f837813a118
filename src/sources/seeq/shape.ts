/** How a signal goes on between its samples. */
import type { Fqn } from '../../contract/fqn.ts';
import type { SeriesShape, SourceCall } from '../source.ts';
import { parseDuration } from './duration.ts';
import type { components } from './seeq-api.generated.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

type Signal = components['schemas']['SignalOutputV1'];

/** Seeq's words for it; `Discrete` is known from its user interface only. */
const INTERPOLATIONS: Record<string, SeriesShape['interpolation']> = {
  linear: 'linear',
  pilinear: 'pilinear',
  step: 'step',
  discrete: 'discrete',
};

export async function readShape(server: SeeqServer, fqn: Fqn, call: SourceCall): Promise<SeriesShape> {
  const operation: Operation<Signal> = (client, signal) =>
    client.GET('/signals/{id}', { params: { path: { id: fqn.id } }, signal });
  return { fqn, ...(await server.askFor(call, operation, toShape, { share: shareKey('signal', fqn.id) })) };
}

/** A signal that does not tell, or uses a word of a newer server, is taken as linear. */
function toShape({
  interpolationMethod,
  maximumInterpolation,
  valueUnitOfMeasure: unit,
}: Signal): Omit<SeriesShape, 'fqn'> {
  const told = INTERPOLATIONS[(interpolationMethod ?? '').toLowerCase().replace(/[^a-z]/g, '')] ?? 'linear';
  // Seeq puts the word "string" in the place of the unit of text, between which there is no line.
  const isText = unit === 'string';
  return {
    interpolation: isText && told !== 'discrete' ? 'step' : told,
    maximumInterpolation: parseDuration(maximumInterpolation ?? ''),
    valueType: isText ? 'string' : 'number',
    ...(unit && !isText ? { unit } : {}),
  };
}
