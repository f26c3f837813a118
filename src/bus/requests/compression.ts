/** Compressed bodies, for callers that accept them. */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Match, type MsgHdrs } from 'nats';

/** Smaller bodies are sent uncompressed. */
export const worthCompressingBytes = 1024;

/** JSON of series and names shrinks to a quarter or less. A batch that does not is split and tried again. */
export const expectedRatio = 4;

const gzipAsync = promisify(gzip);

/** Runs in a separate thread, at the cheapest level, because the network is rarely the bottleneck. */
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
