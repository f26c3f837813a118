/** The newest recorded sample of a signal at or before a time. */
import { DriverError } from '../../../contract/errors.ts';
import { compareUtc, formatInstant, type Nanoseconds } from '../../../contract/time/instant.ts';
import type { Point } from '../../../contract/values.ts';
import type { SourceCall } from '../../source.ts';
import { decodeSample } from './samples.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';

/** `time` is null if there is none. */
export async function readNewestSample(
  server: SeeqServer,
  id: string,
  time: Nanoseconds,
  call: SourceCall,
): Promise<Point> {
  const key = formatInstant(time);
  const operation: Operation<string> = (client, signal) =>
    client.GET('/signals/{id}/sample/{key}', {
      params: { path: { id, key }, query: { lookup: 'AtOrBefore' } },
      parseAs: 'text',
      signal,
    });
  const point = await server.askFor(call, operation, decodeSample, { share: shareKey('sample', id, key) });
  if (point.time !== null && compareUtc(point.time, key) > 0) {
    throw new DriverError('sourceError', `Server "${server.name}" gave a sample of ${point.time} for ${key}.`);
  }
  return point;
}
