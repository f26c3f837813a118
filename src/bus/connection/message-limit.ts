/**
 * Decides whether a message is too large in itself, or whether the server's limit is temporarily too small. An operator
 * can lower max_payload by mistake and correct it later; that must not lose messages.
 */
import type { MsgHdrs } from 'nats';

/** Default max_payload of nats-server. A larger message is the sender's fault. */
export const standardLimit = 1024 * 1024;
/** Smallest max_payload that a bus for readings must have. */
export const leastLimit = 64 * 1024;

/**
 * True if a message of this size fitted before, or must fit any bus. Such a message waits until the limit is raised.
 */
export function willFitAgain(size: number, limit: number, largest: number): boolean {
  return size <= leastLimit || (limit < standardLimit && size <= largest);
}

/** True if a limit must be raised: it is too small for readings, or it was larger before. */
export function isLowered(limit: number, largest: number): boolean {
  return limit < leastLimit || (limit < standardLimit && limit < largest);
}

/** Bytes of the header block, which max_payload counts too. */
export function headerBytes(block: MsgHdrs | undefined): number {
  if (block === undefined) return 0;
  let bytes = Buffer.byteLength('NATS/1.0\r\n\r\n');
  for (const [key, values] of block) {
    for (const value of values) bytes += Buffer.byteLength(`\r\n${key}: ${value}`);
  }
  return bytes;
}
