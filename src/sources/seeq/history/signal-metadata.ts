/** The interpolation and value type of a signal. */
import type { Fqn } from '../../../contract/fqn.ts';
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { LimitedLog } from '../../../contract/log.ts';
import type { SeriesShape, SourceCall } from '../../source.ts';
import { answerOf, isObject, kindOf, optionalText, textIn } from '../../../net/json-fields.ts';
import { parseDuration } from '../duration.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';
import { unitIn } from '../values.ts';

/** Seeq's names of interpolation methods. `Discrete` is known from its user interface only. */
const INTERPOLATIONS: Record<string, SeriesShape['interpolation']> = {
  linear: 'linear',
  pilinear: 'pilinear',
  step: 'step',
  discrete: 'discrete',
};

/** Seeq's own default, if a server does not report it. [Inferred: the product ships with it.] */
const SHIPPED_DEFAULT: Nanoseconds = 40n * 3_600_000_000_000n;

const LONGEST_EXAMPLE = 100;

/** A signal's shape. `bound` is its maximum interpolation as the server writes it. */
type ServerShape = Omit<SeriesShape, 'fqn' | 'maximumInterpolation'> & { bound: unknown };

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

/** A signal without an interpolation method, or with one of a newer server, is treated as linear. */
function toShape(body: unknown): ServerShape {
  const signal = answerOf(body);
  // Required, so that another kind of answer is not mistaken for a signal without these members.
  textIn(signal, 'id');
  const word = (optionalText(signal, 'interpolationMethod') ?? '')
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const known = Object.hasOwn(INTERPOLATIONS, word) ? (INTERPOLATIONS[word] ?? 'linear') : 'linear';
  // Text values cannot be interpolated linearly.
  const { unit, isText } = unitIn(signal, 'valueUnitOfMeasure');
  return {
    interpolation: isText && known !== 'discrete' ? 'step' : known,
    bound: signal.maximumInterpolation,
    valueType: isText ? 'string' : 'number',
    ...(unit === undefined ? {} : { unit }),
  };
}

/** A duration as text, or as a scalar with its unit. */
function lengthOf(raw: unknown): Nanoseconds | undefined {
  if (typeof raw === 'string') return parseDuration(raw);
  if (!isObject(raw)) return undefined;
  const { value, uom } = raw;
  const isScalar = (typeof value === 'number' || typeof value === 'string') && typeof uom === 'string';
  return isScalar ? parseDuration(`${value} ${uom}`) : undefined;
}

/** The server's default for signals without their own limit, or with an unreadable one. */
async function defaultBound(
  server: SeeqServer,
  fqn: Fqn,
  raw: unknown,
  log: LimitedLog | undefined,
  call: SourceCall,
): Promise<Nanoseconds> {
  const operation: Operation<unknown> = (client, signal) => client.GET('/system/server-status', { signal });
  const decode = (body: unknown) => lengthOf(answerOf(body).defaultMaxInterpolation);
  const length = await server.askFor(call, operation, decode, { open: true, share: shareKey('default bound') });
  const isAbsent = raw === undefined || raw === null || raw === '';
  if (!isAbsent || length === undefined) {
    const what = isAbsent ? 'names no maximum interpolation' : `has ${exampleOf(raw)} as maximum interpolation`;
    const taken =
      length === undefined ? `Seeq's usual default, ${inHours(SHIPPED_DEFAULT)}` : `the server's, ${inHours(length)}`;
    const text = `Signal ${fqn.id} of server "${server.name}" ${what}, which the driver cannot read; it uses ${taken}.`;
    log?.warn('maximum interpolation not read', { host: server.name, signal: fqn.id }, text);
  }
  return length ?? SHIPPED_DEFAULT;
}

const exampleOf = (raw: unknown): string =>
  typeof raw === 'string' ? JSON.stringify(raw.slice(0, LONGEST_EXAMPLE).toWellFormed()) : kindOf(raw);

const inHours = (length: Nanoseconds): string => `${Number(length) / 3.6e12} h`;
