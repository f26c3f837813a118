/** How a signal goes on between its samples. */
import type { Fqn } from '../../contract/fqn.ts';
import type { Nanoseconds } from '../../contract/instant.ts';
import type { LimitedLog } from '../../contract/log.ts';
import type { SeriesShape, SourceCall } from '../source.ts';
import { answerOf, isObject, kindOf, optionalText, textIn } from '../../net/json-fields.ts';
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

/** Seeq's own default, where a server does not even name that. [Inferred: the product ships with it.] */
const SHIPPED_DEFAULT: Nanoseconds = 40n * 3_600_000_000_000n;

const LONGEST_EXAMPLE = 100;

/** A signal's shape; `bound` is what the server has written as its maximum interpolation. */
type ToldShape = Omit<SeriesShape, 'fqn' | 'maximumInterpolation'> & { bound: unknown };

export async function readShape(
  server: SeeqServer,
  fqn: Fqn,
  log: LimitedLog | undefined,
  call: SourceCall,
): Promise<SeriesShape> {
  const operation: Operation<unknown> = (client, signal) =>
    client.GET('/signals/{id}', { params: { path: { id: fqn.id } }, signal });
  const { bound, ...shape } = await server.askFor(call, operation, toShape, { share: shareKey('signal', fqn.id) });
  const maximumInterpolation = lengthOf(bound) ?? (await defaultBound(server, fqn, bound, log, call));
  return { fqn, ...shape, maximumInterpolation };
}

/** A signal that does not tell, or uses a word of a newer server, is taken as linear. */
function toShape(body: unknown): ToldShape {
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
    bound: signal.maximumInterpolation,
    valueType: isText ? 'string' : 'number',
    ...(unit === undefined ? {} : { unit }),
  };
}

/** A duration as text, or as a scalar with its unit. */
function lengthOf(told: unknown): Nanoseconds | undefined {
  if (typeof told === 'string') return parseDuration(told);
  if (!isObject(told)) return undefined;
  const { value, uom } = told;
  const isScalar = (typeof value === 'number' || typeof value === 'string') && typeof uom === 'string';
  return isScalar ? parseDuration(`${value} ${uom}`) : undefined;
}

/** The bound of the server for signals that have none of their own, or one that cannot be read. */
async function defaultBound(
  server: SeeqServer,
  fqn: Fqn,
  told: unknown,
  log: LimitedLog | undefined,
  call: SourceCall,
): Promise<Nanoseconds> {
  const operation: Operation<unknown> = (client, signal) => client.GET('/system/server-status', { signal });
  const decode = (body: unknown) => lengthOf(answerOf(body).defaultMaxInterpolation);
  const length = await server.askFor(call, operation, decode, { open: true, share: shareKey('default bound') });
  const isAbsent = told === undefined || told === null || told === '';
  if (!isAbsent || length === undefined) {
    const what = isAbsent ? 'names no maximum interpolation' : `has ${exampleOf(told)} as maximum interpolation`;
    const taken =
      length === undefined ? `Seeq's usual default, ${inHours(SHIPPED_DEFAULT)}` : `the server's, ${inHours(length)}`;
    const text = `Signal ${fqn.id} of server "${server.name}" ${what}, which the driver cannot read; it uses ${taken}.`;
    log?.warn('maximum interpolation not read', { host: server.name, signal: fqn.id }, text);
  }
  return length ?? SHIPPED_DEFAULT;
}

const exampleOf = (told: unknown): string =>
  typeof told === 'string' ? JSON.stringify(told.slice(0, LONGEST_EXAMPLE).toWellFormed()) : kindOf(told);

const inHours = (length: Nanoseconds): string => `${Number(length) / 3.6e12} h`;
