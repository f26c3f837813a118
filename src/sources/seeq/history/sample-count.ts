/** The server's count of samples of a signal in a range. The formula is that of Seeq's own client. */
import { formatInstant } from '../../../contract/time/instant.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
import { answerOf, objectOf, optionalList, UnexpectedJson } from '../../../net/json-fields.ts';
import type { SourceCall } from '../../source.ts';
import { SMALL_BYTES } from '../connection/body-limits.ts';
import { mustHaveRun } from './samples.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';

/** Counts the samples. The server decides whether bad ones are included. */
export function countSamples(server: SeeqServer, id: string, range: TimeRange, call: SourceCall): Promise<number> {
  const [start, end] = [formatInstant(range.start), formatInstant(range.end)];
  const query = {
    formula: `group(capsule("${start}","${end}")).toTable("stats").addStatColumn("series", $signal, count())`,
    parameters: [`signal=${id}`],
  };
  const operation: Operation<unknown> = (client, signal) => client.GET('/formulas/run', { params: { query }, signal });
  return server.askFor(call, operation, decode, { share: shareKey('count', query), limitBytes: SMALL_BYTES });
}

/** The count is the last cell of the only row. */
function decode(body: unknown): number {
  const answer = answerOf(body);
  mustHaveRun(answer);
  const [row] = optionalList(objectOf(answer.table, '"table"'), 'data');
  const count: unknown = Array.isArray(row) ? row.at(-1) : undefined;
  if (typeof count !== 'number' || !(count >= 0)) throw new UnexpectedJson('its table has no count');
  return count;
}
