/** How a signal goes on between its samples. */
import type { Fqn } from '../../contract/fqn.ts';
import type { SeriesShape, SourceCall } from '../source.ts';
import { answerOf, optionalText, textIn } from '../json.ts';
import { parseDuration } from './duration.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';
import { unitIn } from './values.ts';

/** Seeq's words for it; `Discrete` is known from its user interface only. */
const INTERPOLATIONS: Record<string, SeriesShape['interpolation']> = {
  linear: 'linear',
  pilinear: 'pilinear',
  step: 'step',
  discrete: 'discrete',
};

export async function readShape(server: SeeqServer, fqn: Fqn, call: SourceCall): Promise<SeriesShape> {
  const operation: Operation<unknown> = (client, signal) =>
    client.GET('/signals/{id}', { params: { path: { id: fqn.id } }, signal });
  return { fqn, ...(await server.askFor(call, operation, toShape, { share: shareKey('signal', fqn.id) })) };
}

/** A signal that does not tell, or uses a word of a newer server, is taken as linear. */
function toShape(body: unknown): Omit<SeriesShape, 'fqn'> {
  const signal = answerOf(body);
  // Required, so that an answer of something else is not taken for a signal that tells nothing.
  textIn(signal, 'id');
  const word = (optionalText(signal, 'interpolationMethod') ?? '')
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const told = Object.hasOwn(INTERPOLATIONS, word) ? (INTERPOLATIONS[word] ?? 'linear') : 'linear';
  // Between texts there is no line.
  const { unit, isText } = unitIn(signal, 'valueUnitOfMeasure');
  return {
    interpolation: isText && told !== 'discrete' ? 'step' : told,
    maximumInterpolation: parseDuration(optionalText(signal, 'maximumInterpolation') ?? ''),
    valueType: isText ? 'string' : 'number',
    ...(unit === undefined ? {} : { unit }),
  };
}
