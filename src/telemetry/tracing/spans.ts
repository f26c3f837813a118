/** Spans of the driver's work, with the attributes of OpenTelemetry's conventions. No attribute has a value or a secret. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TracingChannel } from 'node:diagnostics_channel';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  publishChannel,
  type PublishWork,
  requestChannel,
  type RequestWork,
  sourceCallChannel,
  type SourceCallWork,
  type TraceHeaders,
} from '../../lib/traced-work.ts';

/** How one kind of work is recorded. */
interface Kind<W> {
  /** The new span, or undefined if the work is not recorded. */
  start(work: W, parent: Span | undefined): Span | undefined;
  /** What is known at its end. @param error if it has failed */
  end(work: W, error: unknown): { readonly attributes: Attributes; readonly name?: string; readonly failure?: string };
}

type Work<W> = W & { outgoing?: TraceHeaders | undefined };

const propagator = new W3CTraceContextPropagator();
/** Enough for every valid header. A longer one is ignored before it is parsed. */
const LONGEST_PARENT = 128;
const LONGEST_STATE = 512;

/** Records all work from now on. Returns a function that ends this. */
export function recordWork(tracer: Tracer): () => void {
  const current = new AsyncLocalStorage<Span | undefined>();
  const ends = [
    follow(requestChannel, requests(tracer), current),
    follow(sourceCallChannel, sourceCalls(tracer), current),
    follow(publishChannel, publications(tracer), current),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Node ends the process when a subscriber throws, so nothing here may. */
function follow<W extends object>(
  channel: TracingChannel<unknown, Work<W>>,
  kind: Kind<W>,
  current: AsyncLocalStorage<Span | undefined>,
): () => void {
  const spans = new WeakMap<object, Span>();
  const start = (work: Work<W>): Span | undefined => {
    const parent = current.getStore();
    try {
      // Work that goes on after the span of its cause has ended is no part of it.
      const span = kind.start(work, parent?.isRecording() === true ? parent : undefined);
      if (span?.isRecording() !== true) return span;
      spans.set(work, span);
      work.outgoing = headersOf(span);
      return span;
    } catch {
      return parent;
    }
  };
  const end = (work: Work<W>, error: unknown): void => {
    const span = spans.get(work);
    if (span === undefined) return;
    spans.delete(work);
    try {
      const { attributes, name, failure } = kind.end(work, error);
      if (name !== undefined) span.updateName(name);
      span.setAttributes(attributes);
      if (failure !== undefined) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
    } catch {
      // The span is exported without its result.
    }
    span.end();
  };
  const onEnd = (work: unknown): void => {
    const ended = work as Work<W> & { error?: unknown };
    end(ended, ended.error);
  };
  channel.start.bindStore(current, start);
  channel.asyncEnd.subscribe(onEnd);
  return () => {
    channel.start.unbindStore(current);
    channel.asyncEnd.unsubscribe(onEnd);
  };
}

const requests = (tracer: Tracer): Kind<RequestWork> => ({
  start: ({ incoming, bytes }) =>
    tracer.startSpan(
      'request',
      {
        kind: SpanKind.SERVER,
        attributes: { 'messaging.system': 'nats', 'messaging.message.body.size': bytes },
      },
      contextOf(incoming),
    ),
  end: ({ function: name = '', id = '', status = '', code }) => ({
    name: name === '' ? 'request' : name,
    attributes: {
      'messaging.message.conversation_id': id,
      'iota.function': name,
      'iota.status': status,
    },
    ...(code === undefined ? {} : { failure: code }),
  }),
});

/** Only calls on behalf of a recorded request: probes would be traces of their own, every few seconds. */
const sourceCalls = (tracer: Tracer): Kind<SourceCallWork> => ({
  start: ({ method, origin, path }, parent) => {
    if (parent === undefined) return undefined;
    const { hostname, port, protocol } = new URL(origin);
    const attributes = {
      'http.request.method': method,
      'url.full': `${origin}${path}`,
      'server.address': hostname,
      'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    };
    return child(tracer, method, { kind: SpanKind.CLIENT, attributes }, parent);
  },
  end: ({ status }, error) => ({
    attributes: status === undefined ? {} : { 'http.response.status_code': status },
    ...(error === undefined ? (status ?? 0) >= 400 && { failure: String(status) } : { failure: failureOf(error) }),
  }),
});

const publications = (tracer: Tracer): Kind<PublishWork> => ({
  start: ({ subject, id, bytes }, parent) => {
    const attributes = {
      ...{ 'messaging.system': 'nats', 'messaging.operation.type': 'send', 'messaging.operation.name': 'publish' },
      ...{ 'messaging.destination.name': subject, 'messaging.message.id': id, 'messaging.message.body.size': bytes },
    };
    return child(tracer, 'publish reading', { kind: SpanKind.PRODUCER, attributes }, parent);
  },
  end: ({ duplicate }, error) => ({
    attributes: duplicate === undefined ? {} : { 'iota.duplicate': duplicate },
    ...(error === undefined ? {} : { failure: failureOf(error) }),
  }),
});

const child = (tracer: Tracer, name: string, options: SpanOptions, parent: Span | undefined): Span =>
  tracer.startSpan(name, options, parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent));

/** The context in the headers of a message. The library validates them; invalid ones begin a new trace. */
function contextOf(headers: TraceHeaders | undefined): Context {
  if (headers === undefined || headers.traceparent.length > LONGEST_PARENT) return ROOT_CONTEXT;
  const { traceparent, tracestate = '' } = headers;
  const carrier = { traceparent, ...(tracestate.length > LONGEST_STATE ? {} : { tracestate }) };
  return propagator.extract(ROOT_CONTEXT, carrier, {
    get: (from: Record<string, string>, key) => from[key],
    keys: (from: Record<string, string>) => Object.keys(from),
  });
}

function headersOf(span: Span): TraceHeaders {
  const headers: Record<string, string> = {};
  propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, {
    set: (to: Record<string, string>, key, value) => {
      to[key] = value;
    },
  });
  const { traceparent = '', tracestate } = headers;
  return { traceparent, tracestate };
}

/** A name of the code, not a text, which could contain anything. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
