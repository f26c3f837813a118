/** The log lines of the driver about requests and leases. */
import type { AnswerEnd } from '../../contract/answer.ts';
import type { DriverError } from '../../contract/errors.ts';
import { limited, type Logger } from '../../contract/log.ts';
import { lateText, type ServerPace } from '../leases/poll-pace.ts';

/** A request in the log. */
export interface LoggedRequest {
  readonly id?: string | number | undefined;
  readonly function: string;
}

export class RequestLog {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  answered({ id, function: name }: LoggedRequest, user: string, { status, error, meta }: AnswerEnd): void {
    this.#log.debug(
      {
        id,
        function: name,
        user: user === '' ? undefined : user,
        status: error?.code ?? status,
        ended: meta.ended,
        elapsedMs: meta.elapsedMs,
        error: error?.message,
      },
      'request answered',
    );
  }

  /** The request has no reply subject. */
  dropped({ id, function: name }: LoggedRequest): void {
    const text = 'request dropped: it names no subject on which the driver may send an answer';
    limited(this.#log).warn('request without reply subject', { id, function: name }, text);
  }

  notSent({ id, function: name }: LoggedRequest, error: unknown): void {
    const facts = { id, function: name, err: error };
    limited(this.#log).error('answer not sent', facts, 'the answer could not be sent');
  }

  /** A defect: the caller only gets its code. */
  unexpected({ id, function: name }: LoggedRequest, error: DriverError): void {
    const facts = { id, function: name, err: error.cause ?? error };
    limited(this.#log).error('fault in a request', facts, error.message);
  }

  /** The polls of a server became late, or are in time again. */
  paceChanged(server: string, pace: ServerPace): void {
    const { late, ...numbers } = pace;
    const facts = { server, ...numbers };
    const log = limited(this.#log);
    if (late) log.warn('late polls', facts, lateText(server, pace));
    else log.info('late polls', facts, `The leased tags of server "${server}" are read as often as asked for again.`);
  }
}
