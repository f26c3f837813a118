/** Values as the platform tells them, in status and log. */

/** A value of a topic. */
export interface Row {
  /** Without the client id of the installation. */
  readonly topic: string;
  /** What the row says, with the members of a message: `value`, `timestamp`, `msg`; numbers are `Numeral`s. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** Rows of the log, and which topics they are of. The next rows follow these if they are of the same list of topics. */
export interface LogPart {
  readonly topics: readonly string[];
  readonly rows: readonly Row[];
}

/** A page of the log, as the platform answers it. */
export interface LogPage {
  readonly rows: readonly Row[];
  /** Rows in the answer, those included that could not be understood. */
  readonly count: number;
  /** Rows of the whole range, where the platform tells. */
  readonly total: number | undefined;
}

/** The answer of `status`: a bare list; undefined if it is none. */
export function readStatus(body: unknown, clientId: number): readonly Row[] | undefined {
  if (body === null || body === undefined) return [];
  return Array.isArray(body) ? rowsOf(body, clientId) : undefined;
}

/** The answer of `log`; undefined if it is no page. */
export function readLogPage(body: unknown, clientId: number): LogPage | undefined {
  if (typeof body !== 'object' || body === null || !('data' in body)) return undefined;
  const { data, total } = body as { data?: unknown; total?: unknown };
  const list = data ?? [];
  if (!Array.isArray(list)) return undefined;
  return { rows: rowsOf(list, clientId), count: list.length, total: isCount(total) ? total : undefined };
}

/** Anything else would end the reading too early, or begin it anew. */
const isCount = (total: unknown): total is number => Number.isSafeInteger(total) && (total as number) >= 0;

/**
 * A topic without the client id before it: rows of status come without, rows of the log with it, and it may be either
 * way in what an installer has typed.
 */
export function withoutClientId(topic: string, clientId: number): string {
  const prefix = `${clientId}/`;
  return topic.startsWith(prefix) ? topic.slice(prefix.length) : topic;
}

function rowsOf(list: readonly unknown[], clientId: number): Row[] {
  return list.flatMap((item) => {
    const said = item as Readonly<Record<string, unknown>> | null;
    if (typeof said !== 'object' || said === null || typeof said.topic !== 'string') return [];
    return [{ topic: withoutClientId(said.topic, clientId), said }];
  });
}
