/** Errors of an IoT Open platform as errors of the contract. */
import type { DriverError } from '../../contract/errors.ts';
import { type Conceal, type Meaning, refusal } from '../../net/errors.ts';
import { type Outcome, retryAfterOf } from '../../net/availability/server-calls.ts';

/** Limit for the platform's own text, so that a long page does not fill a log. */
const LONGEST_TEXT = 500;

/**
 * Converts an answer other than 2xx. `details.status` contains its status.
 * @param status replaces the status if it has the meaning of another one
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
  // A 403 or 404 page of a proxy does not show what the platform contains or allows.
  if (isPage(body) && (status === 403 || status === 404)) {
    return [
      'sourceUnavailable',
      `is behind something else that answers with a page (${status}); is a proxy in between?`,
    ];
  }
  return undefined;
}

const isPage = (body: unknown): boolean => typeof body === 'string' && body.trimStart().startsWith('<');

/** `message`, or OAuth's equivalent. Empty for a body in another form, such as a proxy's page. */
function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { message, error, error_description: description } = body as Record<string, unknown>;
  return [message, error, description]
    .filter((text): text is string => typeof text === 'string' && text !== '')
    .join(', ');
}
