/** Asks a server how it is. */
import { DriverError } from '../contract/errors.ts';
import type { SourceCall, SourceStatus } from '../sources/source.ts';
import type { Host } from './hosts.ts';

/** A server that does not answer a small call in this time is reported as down. */
const PROBE_MS = 5_000;

/**
 * Asks past the queue, because whether a server is well must not depend on how busy it is, and remembers the answer.
 * Resolves also when the server is down, after a bounded time.
 * @param callWith makes the call that ends with the given signal
 * @param ended ends the probe before its time, without a finding
 */
export async function probe(
  host: Host,
  callWith: (signal: AbortSignal) => SourceCall,
  ended?: AbortSignal,
): Promise<SourceStatus> {
  const stop = new AbortController();
  const silent = new DriverError(
    'timeout',
    `Server "${host.source.name}" does not answer within ${PROBE_MS / 1000} seconds.`,
  );
  const timer = setTimeout(() => {
    stop.abort(silent);
  }, PROBE_MS);
  const end = () => {
    stop.abort(ended?.reason);
  };
  ended?.addEventListener('abort', end, { once: true });
  try {
    const status = await host.source.probe(callWith(stop.signal));
    if (ended?.aborted !== true) host.findings.probed(status);
    return status;
  } finally {
    clearTimeout(timer);
    ended?.removeEventListener('abort', end);
  }
}
