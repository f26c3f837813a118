/** What can go wrong between the driver and an IoT Open platform, in the words of the contract. */
import { DriverError, type ErrorCode } from '../../contract/errors.ts';
import { networkFailure } from '../network-failure.ts';
import { UnreadableReply } from './reply.ts';

/** Of the platform's own text, so that a page of it does not fill a log. */
const LONGEST_TEXT = 500;

/** Takes secrets out of a text. */
export type Conceal = (text: string) => string;

/** Any error thrown by a call, as an error of the contract. */
export function fromThrown(thrown: unknown, platform: string): DriverError {
  if (thrown instanceof DriverError) return thrown;
  if (thrown instanceof UnreadableReply) {
    return new DriverError('sourceError', `${platform}: ${thrown.message}${stop(thrown.message)}`, { cause: thrown });
  }
  const failure = networkFailure(thrown);
  if (failure?.code === 'UND_ERR_HEADERS_TIMEOUT' || failure?.code === 'UND_ERR_BODY_TIMEOUT') {
    return new DriverError('timeout', `${platform} stopped answering within the time of one call.`, { cause: thrown });
  }
  if (failure?.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const text = `${platform} sent an answer larger than the driver accepts.`;
    return new DriverError('sourceError', text, { cause: thrown });
  }
  if (failure !== undefined) {
    const text = `${platform} cannot be reached: ${failure.advice}`;
    return new DriverError('sourceUnavailable', text, { cause: thrown });
  }
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return new DriverError('timeout', `${platform} does not answer in time.`, { cause: thrown });
  }
  // Ours: a secret or a certificate that cannot be read, with a text that is fit for a log.
  const text = thrown instanceof Error ? thrown.message : 'A call failed unexpectedly.';
  return new DriverError('internal', `${platform}: ${text}`, { cause: thrown });
}

/** An answer other than 2xx. `details.status` holds its status. */
export function fromRefusal(status: number, body: unknown, platform: string, conceal: Conceal): DriverError {
  const [code, lead] = isPage(body) ? meaningOfPage(status) : meaning(status);
  const text = conceal(messageOf(body)).slice(0, LONGEST_TEXT);
  const message = `${platform} ${lead}${text === '' ? '' : `: ${text}`}`;
  return new DriverError(code, `${message}${stop(message)}`, { details: { status } });
}

function meaning(status: number): [ErrorCode, string] {
  if (status === 401) return ['unauthorized', "did not accept the driver's log-in"];
  if (status === 403) return ['forbidden', "gives the driver's user no access to this"];
  if (status === 404) return ['notFound', 'does not know this'];
  if (status === 413 || status === 414 || status === 431) return ['tooLarge', `finds the call too long (${status})`];
  if (status === 429) return ['overloaded', 'has too much to do'];
  if (status === 502 || status === 503 || status === 504) return ['sourceUnavailable', `is not available (${status})`];
  if (status >= 300 && status < 400) return ['sourceError', `redirects elsewhere (${status}); correct its "url"`];
  return ['sourceError', `refused the call (${status})`];
}

/** A proxy that has nowhere to lead to, or that keeps somebody out, says nothing of what the platform holds or allows. */
function meaningOfPage(status: number): [ErrorCode, string] {
  if (status !== 403 && status !== 404) return meaning(status);
  return ['sourceUnavailable', `is behind something else that answers with a page (${status}); is a proxy in between?`];
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

const stop = (text: string): string => (/[.?]$/.test(text) ? '' : '.');
