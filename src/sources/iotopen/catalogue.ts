/** The installations, functions and devices of a platform. Other data in its answers are ignored. */
import { z } from 'zod';

/** An installation in short form. */
export interface Installation {
  /** Used in REST paths. */
  readonly id: number;
  /** First level of its MQTT topics. */
  readonly clientId: number;
  readonly name: string;
  /** Whether it is assigned to the caller. Undefined if the platform does not report it. */
  readonly assigned: boolean | undefined;
}

/** A function or a device. */
export interface Thing {
  readonly id: number;
  /** Free text, such as `temperature`. */
  readonly type: string;
  /** Texts by key. Numbers are texts too. */
  readonly meta: Readonly<Record<string, string>>;
}

/** A list, and the number of its undecodable members. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly unreadable: number;
}

const id = z.int().min(0);

const installationInfo = z.object({
  id,
  client_id: id,
  name: z.string().nullish(),
  assigned: z.boolean().nullish(),
});

/** Only some callers can see protected metadata. Both kinds have the same meaning. */
const meta = z.record(z.string(), z.unknown()).nullish();
const thing = z.object({ id, type: z.string().nullish(), meta, protected_meta: meta });

/** The answer of `installationinfo`. Undefined if it is not a list. */
export function readInstallations(body: unknown): Listed<Installation> | undefined {
  return readList(body, installationInfo, ({ id, client_id: clientId, name, assigned }) => ({
    id,
    clientId,
    name: nonEmpty(name) ?? `Installation ${clientId}`,
    assigned: assigned ?? undefined,
  }));
}

/** The answer of `functionx` and `devicex`. Undefined if it is not a list. */
export function readThings(body: unknown): Listed<Thing> | undefined {
  return readList(body, thing, ({ id, type, meta, protected_meta: hidden }) => ({
    id,
    type: type ?? '',
    meta: Object.fromEntries(
      // The public one takes precedence: every caller sees it.
      Object.entries({ ...hidden, ...meta }).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  }));
}

function readList<T, R>(body: unknown, schema: z.ZodType<T>, map: (item: T) => R): Listed<R> | undefined {
  // Go encodes an empty list as null.
  if (body === null || body === undefined) return { items: [], unreadable: 0 };
  if (!Array.isArray(body)) return undefined;
  const items: R[] = [];
  let unreadable = 0;
  for (const item of body) {
    const parsed = schema.safeParse(item);
    if (parsed.success) items.push(map(parsed.data));
    else unreadable++;
  }
  return { items, unreadable };
}

const nonEmpty = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text.trim() === '' ? undefined : text;
