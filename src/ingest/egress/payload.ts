/** The egress payload of a reading. */
import { readingSchema, type RejectCode } from '../../contract/reading.ts';

export type Payload =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Skipped, with the reason. */
  | { readonly kind: 'skip'; readonly code: RejectCode; readonly reason: string };

const skip = (code: RejectCode, reason: string): Payload => ({ kind: 'skip', code, reason });

/**
 * The egress payload of a stream message. A reading without a value has no plain value: a receiver would take an empty
 * text or a zero for one.
 * @param form `reading`: the bus message; `value`: its value as text
 */
export function payloadOf(body: Uint8Array, form: 'value' | 'reading'): Payload {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return skip('notJson', 'The message is no JSON text.');
  }
  const parsed = readingSchema.safeParse(json);
  if (!parsed.success) return skip('wrongShape', 'The message is no reading.');
  if (form === 'reading') return { kind: 'send', bytes: body };
  const { value } = parsed.data;
  if (value === null) return skip('missingValue', 'The reading has no value.');
  return { kind: 'send', bytes: Buffer.from(String(value), 'utf8') };
}
