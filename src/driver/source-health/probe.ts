/** Probes a server. */
import { DriverError } from '../../contract/errors.ts';
import { abortAfter, unlessAborted } from '../../lib/abort.ts';
import type { SourceCall, SourceStatus } from '../../sources/source.ts';
import type { Host } from '../hosts.ts';

/** A server that does not answer a small call in this time is reported as down. */
const PROBE_MS = 5_000;

/** Probes in progress: concurrent callers share the result, so that many of them cost the server one call. */
const underWay = new WeakMap<Host, Promise<SourceStatus>>();

/**
 * Bypasses the queue, because the status must not depend on the load, and records the result. Resolves also if the
 * server is down, after a bounded time.
 * @param callWith creates the call that ends with the given signal
 * @param ended ends the wait, not the probe, which others may wait for
 */
export async function probe(
  host: Host,
  callWith: (signal: AbortSignal) => SourceCall,
  ended?: AbortSignal,
): Promise<SourceStatus> {
  let current = underWay.get(host);
  if (current === undefined) {
    current = ask(host, callWith).finally(() => underWay.delete(host));
    underWay.set(host, current);
  }
  return ended === undefined ? current : unlessAborted(current, ended);
}

async function ask(host: Host, callWith: (signal: AbortSignal) => SourceCall): Promise<SourceStatus> {
  const stop = new AbortController();
  const clearLimit = abortAfter(PROBE_MS, stop, () => silent(host));
  try {
    const status = await host.source.probe(callWith(stop.signal));
    host.findings.probed(status);
    return status;
  } finally {
    clearLimit();
  }
}

function silent({ source }: Host): DriverError {
  return new DriverError('timeout', `Server "${source.name}" does not answer within ${PROBE_MS / 1000} seconds.`);
}
