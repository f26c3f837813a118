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
    'This page lists all error codes and what to do about each. Every error has one of these codes, in an answer, in an item of an answer, in the log and in the metrics. The number is similar to an HTTP status; a failed answer has it in the header `Nats-Service-Error-Code`, and the code and the text in the header `Nats-Service-Error`.',
    table(['code', 'number', 'try again?', 'what to do'], rows),
    '## The error in an answer',
    membersTable(errorBodySchema.omit({ code: true })).replace(
      '\n| `message`',
      '\n| `code` | one of the codes above |  |\n| `message`',
    ),
    '`message` names the field, the item or the server, and says what is wrong; you can show it to a person. Programs should use `code` and `retryable`. `retryable` of an error may differ from the table if the cause is known more precisely.',
    'Known `details`: `field` (the member of the request, or the parameter, that is wrong), `problems` (a list with `field` and `message` of each problem), `limit` (the number that was exceeded), `retryAfterMs` (how long to wait before the next attempt), `timeoutMs` (the budget that has ended), `host` (a name that is not configured), `status` (the HTTP status of the source), `bytes` and `room` (the size of an item that is too large, and of a message).',
  ]);
}
