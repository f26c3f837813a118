/** The HTTP part of a post: checks the request and reads its body. */
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';
import type { SeneyeConfig } from '../config.ts';

/** Rules for the head of a request. */
export type HeadRules = Pick<SeneyeConfig, 'path' | 'strict' | 'bodyBytes'>;

/** The sender disconnected before the end of its request. No answer is possible, and nothing was accepted. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';

  constructor() {
    super('The sender has gone before the end of its request.');
  }
}

const CONTENT_TYPE = 'application/jose';

/**
 * Returns the sender's id, as the request states it.
 * @throws HttpError if the request is not a valid post
 */
export function readHead({ url = '', method, headers }: IncomingMessage, rules: HeadRules): string {
  if (!isPath(url, rules)) throw new HttpError('path', 404, 'There is nothing at this path.');
  if (method !== 'POST') {
    throw new HttpError('method', 405, 'Readings are sent with POST.', { headers: { Allow: 'POST' } });
  }
  const type = headers['content-type'] ?? '';
  const bare = rules.strict ? type : (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (bare !== CONTENT_TYPE) throw new HttpError('contentType', 415, `The content type must be ${CONTENT_TYPE}.`);
  const { 'x-seneye': source } = headers;
  if (typeof source !== 'string' || source.trim() === '') {
    throw new HttpError('noSource', 400, 'The header X-SENEYE with the id of the sender is missing.');
  }
  if (Number(headers['content-length'] ?? 0) > rules.bodyBytes) throw tooLarge(rules);
  return source.trim();
}

/**
 * Reads the whole body, in any number of chunks.
 * @throws HttpError when it is too large
 * @throws SenderGone
 */
export async function readBody(request: IncomingMessage, rules: HeadRules): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= rules.bodyBytes) {
      pieces.push(piece);
      return;
    }
    pieces.length = 0;
    reject(tooLarge(rules));
  });
  request.once('end', () => {
    resolve(Buffer.concat(pieces));
  });
  const gone = (): void => {
    reject(new SenderGone());
  };
  request.on('error', gone);
  request.once('close', gone);
  return promise;
}

function isPath(url: string, { path, strict }: HeadRules): boolean {
  if (strict) return url === path;
  // A proxy sends a whole URL.
  const target = url.startsWith('/') ? (url.split('?', 1)[0] ?? '') : URL.parse(url)?.pathname;
  return target === path || target === `${path}/`;
}

const tooLarge = ({ bodyBytes }: HeadRules): HttpError =>
  new HttpError('tooLarge', 413, `The body is larger than ${bodyBytes} bytes.`);
