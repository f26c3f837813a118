/** The value of a scalar, which is the same at any time. */
import type { Fqn } from '../../contract/fqn.ts';
import type { Point } from '../../contract/values.ts';
import { answerOf, isObject, optionalList, UnexpectedJson } from '../../net/json-fields.ts';
import type { SeriesShape, SourceCall } from '../source.ts';
import { toPoint } from './history/samples.ts';
import { type Operation, type SeeqServer, shareKey } from './connection/server.ts';
import { unitIn } from './values.ts';

interface Scalar {
  point: Point;
  isText: boolean;
}

/** The value, with `time` null. */
export async function readScalar(server: SeeqServer, id: string, call: SourceCall): Promise<Point> {
  return (await evaluate(server, id, call)).point;
}

/** A scalar as a series. */
export async function scalarShape(server: SeeqServer, fqn: Fqn, call: SourceCall): Promise<SeriesShape> {
  const { point, isText } = await evaluate(server, fqn.id, call);
  return {
    fqn,
    interpolation: 'step',
    maximumInterpolation: undefined,
    constant: point,
    valueType: isText || typeof point.value === 'string' ? 'string' : 'number',
    ...(point.unit === undefined ? {} : { unit: point.unit }),
  };
}

function evaluate(server: SeeqServer, id: string, call: SourceCall): Promise<Scalar> {
  const operation: Operation<unknown> = (client, signal) =>
    client.GET('/scalars/{id}/getValue', { params: { path: { id } }, signal });
  return server.askFor(call, operation, decode, { share: shareKey('scalar', id) });
}

function decode(body: unknown): Scalar {
  const scalar = answerOf(body);
  const [error] = optionalList(scalar, 'errors');
  if (error !== undefined) {
    const message = isObject(error) && typeof error.message === 'string' ? `: ${error.message}` : '';
    throw new UnexpectedJson(`the scalar cannot be computed${message}`);
  }
  // A scalar without a value is invalid, but it has a unit, which may be empty.
  if (scalar.value === undefined && scalar.uom === undefined) throw new UnexpectedJson('it has no "value"');
  const unit = unitIn(scalar, 'uom');
  // The key only completes the form of a sample.
  const point = { ...toPoint({ ...scalar, key: '1970-01-01T00:00:00Z' }, unit), time: null };
  return { point, isText: unit.isText };
}
