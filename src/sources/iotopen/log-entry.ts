/** Values in the answers of status and log. */

/** A value of a topic. */
export interface Row {
  /** Without the client id of the installation. */
  readonly topic: string;
  /** The members of the row, as in a message: `value`, `timestamp`, `msg`. Numbers are `Numeral`s. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** A page of the log in the platform's answer. */
export interface LogPage {
  readonly rows: readonly Row[];
  /** Rows in the answer, including undecodable ones. */
  readonly count: number;
  /** Rows of the whole range, if the platform reports it. */
  readonly total: number | undefined;
}

/** The answer of `status`: a plain list. Undefined if it is not one. */
export function readStatus(body: unknown, clientId: number): readonly Row[] | undefined {
  if (body === null || body === undefined) return [];
  return Array.isArray(body) ? rowsOf(body, clientId) : undefined;
}

/** The answer of `log`. Undefined if it is not a page. */
export function readLogPage(body: unknown, clientId: number): LogPage | undefined {
  if (typeof body !== 'object' || body === null || !('data' in body)) return undefined;
  const { data, total } = body as { data?: unknown; total?: unknown };
  const list = data ?? [];
  if (!Array.isArray(list)) return undefined;
  return { rows: rowsOf(list, clientId), count: list.length, total: isCount(total) ? total : undefined };
}

/** Any other value would end the reading too early, or restart it. */
const isCount = (total: unknown): total is number => Number.isSafeInteger(total) && (total as number) >= 0;

/**
 * Removes the client id from a topic: rows of status have none, rows of the log have it, and topics entered by an
 * installer may have it or not.
 */
export function withoutClientId(topic: string, clientId: number): string {
  const prefix = `${clientId}/`;
  return topic.startsWith(prefix) ? topic.slice(prefix.length) : topic;
}

function rowsOf(list: readonly unknown[], clientId: number): Row[] {
  return list.flatMap((item) => {
    const content = item as Readonly<Record<string, unknown>> | null;
    if (typeof content !== 'object' || content === null || typeof content.topic !== 'string') return [];
    return [{ topic: withoutClientId(content.topic, clientId), content }];
  });
}
