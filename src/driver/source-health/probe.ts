/** Probes a server. */
import { DriverError } from '../../contract/errors.ts';
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
  return ended === undefined ? current : orEnded(current, ended);
}

async function ask(host: Host, callWith: (signal: AbortSignal) => SourceCall): Promise<SourceStatus> {
  const stop = new AbortController();
  const silent = new DriverError(
    'timeout',
    `Server "${host.source.name}" does not answer within ${PROBE_MS / 1000} seconds.`,
  );
  const timer = setTimeout(() => {
    stop.abort(silent);
  }, PROBE_MS);
  try {
    const status = await host.source.probe(callWith(stop.signal));
    host.findings.probed(status);
    return status;
  } finally {
    clearTimeout(timer);
  }
}

function orEnded<T>(result: Promise<T>, ended: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      reject(ended.reason as Error);
    };
    if (ended.aborted) end();
    ended.addEventListener('abort', end, { once: true });
    void result
      .finally(() => {
        ended.removeEventListener('abort', end);
      })
      .then(resolve, reject);
  });
}
