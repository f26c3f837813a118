/** Compressed bodies, for callers that ask for them. */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Match, type MsgHdrs } from 'nats';

/** Smaller bodies are sent as they are. */
export const worthCompressingBytes = 1024;

/** JSON of series and names shrinks to a quarter or less; a batch that does not is cut and tried again. */
export const expectedRatio = 4;

const gzipAsync = promisify(gzip);

/** In a thread of its own; the level that costs least, because the wire is rarely slower than that. */
export function compress(body: Uint8Array): Promise<Uint8Array> {
  return gzipAsync(body, { level: constants.Z_BEST_SPEED });
}

/** True when the headers of a request allow gzip in the answer (`Accept-Encoding`, with or without weights). */
export function acceptsGzip(headers: MsgHdrs | undefined): boolean {
  if (headers === undefined) return false;
  return headers.values('Accept-Encoding', Match.IgnoreCase).some((value) =>
    value.split(',').some((choice) => {
      const [coding = '', ...parameters] = choice.split(';').map((part) => part.trim().toLowerCase());
      return (coding === 'gzip' || coding === '*') && !parameters.some((weight) => /^q=0(?:\.0*)?$/.test(weight));
    }),
  );
}
