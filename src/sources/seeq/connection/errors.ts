/** Errors of a Seeq server as errors of the bus contract. */
import type { DriverError } from '../../../contract/errors.ts';
import { type Conceal, type Meaning, refusal, type RefusedReply } from '../../../net/errors.ts';

/** Name of a server in errors. */
export const labelOf = (server: string): string => `Server "${server}"`;

/**
 * Converts an answer other than 2xx to an error of the contract, including the server's own text.
 * @param conceal makes that text one line of limited length without secrets
 */
export function fromRefusal(reply: RefusedReply, server: string, conceal: Conceal): DriverError {
  return refusal(reply, labelOf(server), conceal(seeqText(reply.body), LONGEST_TEXT), meaning(reply.status));
}

/** Limit for the server's own text, so that a long page does not fill an answer. */
const LONGEST_TEXT = 2000;

/** Statuses with a meaning specific to Seeq. */
function meaning(status: number): Meaning | undefined {
  if (status === 404) return ['notFound', 'does not know this item'];
  if (status === 406 || status === 415) return ['sourceError', `does not take Seeq's media type (${status})`];
  return undefined;
}

/** The status message of a good answer that lacks its content, such as "Request canceled". Empty if there is none. */
export function statusMessageOf(body: unknown): string {
  if (typeof body !== 'string') return seeqText(body);
  try {
    return body.length > LONGEST_PARSED ? '' : seeqText(JSON.parse(body));
  } catch {
    return '';
  }
}

/** Longest answer that is parsed again only to find its text. */
const LONGEST_PARSED = 65_536;

/** `statusMessage` and the embedded messages of Seeq's error body. Empty for a body in another form. */
function seeqText(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { statusMessage, _embedded: embedded } = body as {
    statusMessage?: unknown;
    _embedded?: { errors?: ({ message?: unknown } | null)[] } | null;
  };
  const errors = Array.isArray(embedded?.errors) ? embedded.errors : [];
  const texts = [statusMessage, ...errors.map((error) => error?.message)];
  return texts.filter((text): text is string => typeof text === 'string' && text !== '').join('; ');
}
