/**
 * When a message that is too large for the server is its own fault, and when the limit is a state of the server that will
 * pass. An operator can lower max_payload by mistake and correct it a moment later; nothing may be lost by that.
 */

/** What a nats-server allows by default (max_payload). A larger message is nobody's mistake but its sender's. */
export const standardLimit = 1024 * 1024;
/** Every bus for readings must take a message of this size. */
export const leastLimit = 64 * 1024;

/** True when a message of this size would have fitted before, or must fit any bus: it waits until the limit is raised. */
export function willFitAgain(size: number, limit: number, largest: number): boolean {
  return size <= leastLimit || (limit < standardLimit && size <= largest);
}

/** True when a limit must be raised: it is too small for readings, or it was larger before. */
export function isLowered(limit: number, largest: number): boolean {
  return limit < leastLimit || (limit < standardLimit && limit < largest);
}
