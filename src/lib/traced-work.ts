/**
 * Work of the driver that can be traced. Each kind is published on a diagnostics channel of Node, which costs nothing
 * while nothing subscribes. The subscriber is `src/telemetry/tracing`.
 */
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/** The headers of W3C Trace Context, not validated. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** What the subscriber sets. */
interface Traced {
  /** Headers for the messages that the work sends. Undefined if it is not recorded. */
  outgoing?: TraceHeaders | undefined;
}

/** A request from the bus, from its arrival to the end of its answer. */
export interface RequestWork extends Traced {
  /** Headers of its message. */
  readonly incoming: TraceHeaders | undefined;
  readonly bytes: number;
  /** Set when it is parsed. A name that the contract does not have is empty. */
  function?: string;
  id?: string;
  /** Set when it is answered. */
  status?: string;
  code?: string | undefined;
}

/** One HTTP call to a source. It never has the query of its address, which may contain values. */
export interface SourceCallWork extends Traced {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  /** Set when it is answered. */
  status?: number;
}

/** One reading or dead letter for the bus, until the bus has acknowledged it. */
export interface PublishWork extends Traced {
  readonly subject: string;
  readonly id: string;
  readonly bytes: number;
  /** Set when it is acknowledged. */
  duplicate?: boolean;
}

export const requestChannel: TracingChannel<unknown, RequestWork> = tracingChannel('iota-seeqdrv:request');
export const sourceCallChannel: TracingChannel<unknown, SourceCallWork> = tracingChannel('iota-seeqdrv:source-call');
export const publishChannel: TracingChannel<unknown, PublishWork> = tracingChannel('iota-seeqdrv:publish');

/** Runs work, and publishes its start and its end if something subscribes. */
export function traced<W extends object, T>(
  channel: TracingChannel<unknown, W>,
  work: W,
  run: () => Promise<T>,
): Promise<T> {
  return channel.hasSubscribers ? channel.tracePromise(run, work) : run();
}
