/** The right of a poll to call a server: in the lane of its group, counted, and not for ever. */
import { DriverError, type ErrorCode, toDriverError } from '../../contract/errors.ts';
import type { SourceCall } from '../../sources/source.ts';
import type { Lane } from '../gate.ts';
import type { Host } from '../hosts.ts';

/** A poll has the time that a request has that names none; waiting for its turn does not count. */
const POLL_MS = 30_000;

/**
 * Reads something of a server with bounded calls.
 * @param lane its turns among all other calls
 * @param ended ends the poll before its time
 */
export async function pollCall<T>(
  host: Host,
  lane: Lane,
  ended: AbortSignal,
  read: (call: SourceCall) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const signal = AbortSignal.any([ended, late.signal]);
  const run = <R>(call: () => Promise<R>): Promise<R> =>
    lane.run(() => {
      timer ??= setTimeout(() => {
        late.abort(silent(host));
      }, POLL_MS);
      return counted(host, call, signal);
    });
  try {
    return await read({ signal, run });
  } finally {
    clearTimeout(timer);
  }
}

/** Counts a call and remembers what it told about the server; one that we broke off ourselves tells nothing. */
async function counted<T>({ findings }: Host, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const started = performance.now();
  let result: 'ok' | ErrorCode = 'ok';
  try {
    const answer = await call();
    findings.succeeded();
    return answer;
  } catch (thrown) {
    const error = toDriverError(thrown);
    result = error.code;
    if (!signal.aborted) findings.failed(error);
    throw thrown;
  } finally {
    findings.count(result, performance.now() - started);
  }
}

function silent({ source }: Host): DriverError {
  return new DriverError('timeout', `Server "${source.name}" does not answer within ${POLL_MS / 1000} seconds.`);
}
