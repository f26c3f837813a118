/** Reading what clients send, strictly where it matters and leniently where real clients are sloppy. */

/** An answer other than 2xx. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown = { message }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export type Query = ReadonlyMap<string, readonly string[]>;

/** Query parameters. A `+` is kept: some clients do not escape it, and none means a space by it. */
export function readQuery(search: string): Query {
  const query = new Map<string, string[]>();
  for (const pair of search.split('&').filter((text) => text !== '')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    query.set(name, [...(query.get(name) ?? []), decode(at < 0 ? '' : pair.slice(at + 1))]);
  }
  return query;
}

/** Repeated, or with commas between; with or without the client id. Undefined for all topics. */
export function topicsOf(values: readonly string[] | undefined, clientId: number): Set<string> | undefined {
  const topics = (values ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '');
  if (topics.length === 0) return undefined;
  const prefix = `${clientId}/`;
  return new Set(topics.map((topic) => (topic.startsWith(prefix) ? topic.slice(prefix.length) : topic)));
}

/** Refuses unknown parameters, as a sign of a wrong client. */
export function onlyKnown(query: Query, known: readonly string[]): void {
  for (const name of query.keys()) if (!known.includes(name)) throw new Refusal(400, `Unknown parameter ${name}`);
}

export function number(query: Query, name: string, otherwise: number, whole = false): number {
  const text = single(query, name);
  if (text === undefined || text === '') return otherwise;
  const pattern = whole ? /^\d+$/ : /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
  if (!pattern.test(text)) throw new Refusal(400, `${name} is no ${whole ? 'whole ' : ''}number`);
  return Number(text);
}

export function word<T extends string>(query: Query, name: string, words: readonly T[], otherwise: T): T {
  const text = single(query, name);
  if (text === undefined || text === '') return otherwise;
  const found = words.find((one) => one === text);
  if (found === undefined) throw new Refusal(400, `${name} must be one of ${words.join(', ')}`);
  return found;
}

export function single(query: Query, name: string): string | undefined {
  const values = query.get(name);
  if (values !== undefined && values.length > 1) throw new Refusal(400, `${name} is given twice`);
  return values?.[0];
}

/** The body, whatever its Content-Type says. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, 'The body is no JSON');
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Unescaped by the client, so it is literal.
    return text;
  }
}
