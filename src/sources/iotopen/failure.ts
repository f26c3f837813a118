/** Refusals of an IoT Open platform, in the words of the contract. */
import type { DriverError } from '../../contract/errors.ts';
import { type Conceal, type Meaning, refusal } from '../../net/errors.ts';
import { type Outcome, retryAfterOf } from '../../net/server-calls.ts';

/** Of the platform's own text, so that a page of it does not fill a log. */
const LONGEST_TEXT = 500;

/**
 * An answer other than 2xx. `details.status` holds its status.
 * @param status where it means the same as another one
 */
export function fromRefusal(
  { error: body, response }: Outcome,
  platform: string,
  conceal: Conceal,
  status = response.status,
): DriverError {
  const reply = { status, body, retryAfterMs: retryAfterOf(response) };
  return refusal(reply, platform, conceal(messageOf(body), LONGEST_TEXT), meaning(status, body));
}

function meaning(status: number, body: unknown): Meaning | undefined {
  if (status === 413 || status === 414 || status === 431) return ['tooLarge', `finds the call too long (${status})`];
  // A proxy that has nowhere to lead to, or that keeps somebody out, says nothing of what the platform holds or allows.
  if (isPage(body) && (status === 403 || status === 404)) {
    return [
      'sourceUnavailable',
      `is behind something else that answers with a page (${status}); is a proxy in between?`,
    ];
  }
  return undefined;
}

const isPage = (body: unknown): boolean => typeof body === 'string' && body.trimStart().startsWith('<');

/** `message`, or what OAuth calls the same; nothing of a body in another form, such as a proxy's page. */
function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { message, error, error_description: description } = body as Record<string, unknown>;
  return [message, error, description]
    .filter((text): text is string => typeof text === 'string' && text !== '')
    .join(', ');
}
