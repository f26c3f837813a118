/** Refusals of a Seeq server, in the words of the bus contract. */
import type { DriverError } from '../../contract/errors.ts';
import { type Conceal, type Meaning, refusal, type RefusedReply } from '../../net/errors.ts';

/** How errors name a server. */
export const labelOf = (server: string): string => `Server "${server}"`;

/**
 * An answer other than 2xx, as an error of the contract; the server's own text is passed on.
 * @param conceal makes that text one line of bounded length without secrets
 */
export function fromRefusal(reply: RefusedReply, server: string, conceal: Conceal): DriverError {
  return refusal(reply, labelOf(server), conceal(seeqText(reply.body), LONGEST_TEXT), meaning(reply.status));
}

/** Of the server's own text, so that a page of it does not fill an answer. */
const LONGEST_TEXT = 2000;

/** What only Seeq means by a status. */
function meaning(status: number): Meaning | undefined {
  if (status === 404) return ['notFound', 'does not know this item'];
  if (status === 406 || status === 415) return ['sourceError', `does not take Seeq's media type (${status})`];
  return undefined;
}

/** What a good answer says that lacks what it should hold, such as "Request canceled"; empty if nothing. */
export function statusMessageOf(body: unknown): string {
  if (typeof body !== 'string') return seeqText(body);
  try {
    return body.length > LONGEST_PARSED ? '' : seeqText(JSON.parse(body));
  } catch {
    return '';
  }
}

/** Of an answer that is parsed once more only to find its text. */
const LONGEST_PARSED = 65_536;

/** `statusMessage` and the embedded messages of Seeq's error body; nothing of a body in another form. */
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
