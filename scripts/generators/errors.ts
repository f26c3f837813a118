import { errorBodySchema } from '../../src/contract/answer.ts';
import { errorCodes } from '../../src/contract/errors.ts';
import { page, table } from './markdown.ts';
import { membersTable } from './schema-table.ts';

/** `docs/errors.md`: every error code, out of the table in the contract. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([code, { status, retryable, advice }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : 'no',
    advice,
  ]);
  return page([
    '# Error codes',
    '<!-- Generated from src/contract/errors.ts by "npm run generate". -->',
    'The list is closed: an error has one of these codes wherever it shows, in an answer, in an item of an answer, in the log and in the metrics. The number is like that of HTTP; a failed answer carries it in the header `Nats-Service-Error-Code`, beside `Nats-Service-Error` with the code and the text.',
    table(['code', 'number', 'try again?', 'what to do'], rows),
    '## The error in an answer',
    membersTable(errorBodySchema.omit({ code: true })).replace(
      '\n| `message`',
      '\n| `code` | one of the codes above |  |\n| `message`',
    ),
    '`message` names the field, the item or the server, says what is wrong, and is fit to be shown to a person. Programs go by `code` and `retryable`. `retryable` of an error may differ from the table where the cause is known better.',
    'Known `details`: `field` (the member of the request, or the parameter, that is wrong), `problems` (a list of `field` and `message`, of all that are), `limit` (the number that was exceeded), `retryAfterMs` (wait so long before you ask again), `timeoutMs` (the budget that was used up), `host` (a name that is not configured), `status` (the HTTP status of the source), `bytes` and `room` (an item that does not fit a message).',
  ]);
}
