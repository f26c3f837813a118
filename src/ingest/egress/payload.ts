/** What is sent of a reading. */
import { readingSchema, type RejectCode } from '../../contract/reading.ts';

export type Payload =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Left out, and why. */
  | { readonly kind: 'skip'; readonly code: RejectCode; readonly reason: string };

const skip = (code: RejectCode, reason: string): Payload => ({ kind: 'skip', code, reason });

/**
 * The payload of a message of the stream. Of a reading without a value there is no plain value to send: an empty text or
 * a zero would be taken for one.
 * @param form `reading`: the message as it stands on the bus; `value`: its value as text
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
