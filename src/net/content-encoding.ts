/** Compressed bodies: the encodings that the driver accepts, and their decoding with a size limit. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions, zstdDecompress } from 'node:zlib';
import { OversizedReply, UnreadableResponse } from './unreadable-response.ts';

/** The value of `Accept-Encoding`. */
export const ACCEPT_ENCODING = 'gzip, deflate, br, zstd';

/** More layers than a server and a proxy add are a denial-of-service attack. */
const MOST_LAYERS = 2;

type Decompress = (body: Buffer, options: ZlibOptions) => Promise<Buffer>;

const unzip = promisify<Buffer, ZlibOptions, Buffer>(gunzip);
const unwrapped = promisify<Buffer, ZlibOptions, Buffer>(inflate);
const raw = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw);
const DECOMPRESS: Readonly<Record<string, Decompress>> = {
  gzip: unzip,
  'x-gzip': unzip,
  // RFC 9110 means the zlib format. Some servers omit its two-byte header.
  deflate: (body, options) => (hasZlibHeader(body) ? unwrapped(body, options) : raw(body, options)),
  br: (body, { maxOutputLength }) => promisify(brotliDecompress)(body, { maxOutputLength }),
  zstd: (body, { maxOutputLength }) => promisify(zstdDecompress)(body, { maxOutputLength }),
};

/**
 * Decodes the content encodings of a body.
 * @param limitBytes size limit of each layer; decompression stops beyond it
 * @throws UnreadableResponse if an encoding is unknown or invalid, or the body is truncated
 */
export async function decodeBody(body: Buffer, encodings: string, limitBytes: number): Promise<Buffer> {
  const layers = encodings
    .split(',', MOST_LAYERS + 2)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (layers.length > MOST_LAYERS) throw new UnreadableResponse('its answer is compressed more than twice');
  let decoded = body;
  for (const layer of layers.reverse()) {
    // An empty body is valid despite its header.
    if (decoded.length === 0) return decoded;
    decoded = await decompressed(decoded, layer, limitBytes);
  }
  return decoded;
}

async function decompressed(body: Buffer, encoding: string, limitBytes: number): Promise<Buffer> {
  const decompress = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined;
  if (decompress === undefined) {
    const name = JSON.stringify(encoding.slice(0, 40));
    throw new UnreadableResponse(
      `it answered with the content encoding ${name}, which the driver did not ask for; is there a proxy in between?`,
    );
  }
  try {
    return await decompress(body, { maxOutputLength: limitBytes });
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new OversizedReply(limitBytes);
    if (code === 'Z_BUF_ERROR') {
      throw new UnreadableResponse(`its ${encoding} answer ends early (was it cut off?)`, { cause, passing: true });
    }
    throw new UnreadableResponse(`its answer is not ${encoding}, although its header "Content-Encoding" names it`, {
      cause,
    });
  }
}

/** RFC 1950: method 8 in the low half of the first byte, and a checksum over both bytes. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
