/** W3C Trace Context in the headers of messages. */
import { Match, type MsgHdrs } from 'nats';
import type { TraceHeaders } from '../lib/traced-work.ts';

/** The headers of a message, not validated. Undefined if there are none, which is the usual case. */
export function traceOf(headers: MsgHdrs | undefined): TraceHeaders | undefined {
  if (headers === undefined) return undefined;
  const traceparent = headers.get('traceparent', Match.IgnoreCase);
  if (traceparent === '') return undefined;
  const tracestate = headers.get('tracestate', Match.IgnoreCase);
  return { traceparent, ...(tracestate === '' ? {} : { tracestate }) };
}

/** Adds the headers of a traced work to those of a message. */
export function setTrace(headers: MsgHdrs, { traceparent, tracestate }: TraceHeaders): void {
  headers.set('traceparent', traceparent);
  if (tracestate !== undefined) headers.set('tracestate', tracestate);
}
