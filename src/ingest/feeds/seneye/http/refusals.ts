/** The refused posts by reason, with the newest of each, for people who look for a missing device. */
import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../../feed.ts';
import type { HttpError, HttpErrorCode } from './http-error.ts';

const LONGEST_ID = 80;

export class Refusals {
  /** By reason, which is a closed list; the newest last. */
  readonly #refusals = new Map<HttpErrorCode, Refusal>();

  /** The newest first. */
  get all(): Refusal[] {
    return [...this.#refusals.values()].reverse();
  }

  add({ code, status, message, hint }: HttpError, { headers, socket }: IncomingMessage): void {
    const { 'x-seneye': id } = headers;
    const count = (this.#refusals.get(code)?.count ?? 0) + 1;
    this.#refusals.delete(code);
    this.#refusals.set(code, {
      ...{ reason: code, count, last: new Date().toISOString() },
      message: `${status}: ${message}${hint === undefined ? '' : ` ${hint}`}`,
      sender: typeof id === 'string' ? id.slice(0, LONGEST_ID) : undefined,
      address: socket.remoteAddress,
    });
  }
}
