/** Conditions and their capsules. */
import { shown } from '../algebra/capsule-sets.ts';
import type { Call, Handlers, Reply } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { ConditionData, Item } from '../plant/item.ts';
import type { Capsule } from '../series/capsules.ts';
import { decodeToken, encodeToken, pageByOffset, pageOf, type Page } from '../series/pages.ts';
import { formatDuration, parseTime } from '../series/time.ts';
import { checkOnline, readable } from './find.ts';
import { listPage } from './list.ts';
import { capsulesText, type KeyStyle } from './sample-text.ts';
import { common, formulaOf, preview, type Models } from './shapes.ts';
import { DEFAULT_PAGE } from './signals.ts';

/** Stands for the start of a capsule that has none, in the order of capsules. */
const BEFORE_ALL = -(2n ** 70n);

function conditionOf(item: Item & { condition: ConditionData }): Models['ConditionOutputV1'] {
  const { condition } = item;
  return {
    ...common(item),
    ...formulaOf(item),
    ...(condition.maxDuration === undefined ? {} : { maximumDuration: formatDuration(condition.maxDuration) }),
    capsuleProperties: condition.declared.map(({ name, unit }) => ({
      name,
      ...(unit === undefined ? {} : { unitOfMeasure: unit }),
    })),
  };
}

export interface CapsuleQuery {
  readonly start: bigint;
  readonly end: bigint;
  readonly keys: KeyStyle;
  readonly limit?: number | null;
  readonly continuationToken?: string | null;
  readonly offset?: number | null;
}

/** One page of the capsules that overlap a range, as text that is made while it is sent. */
export function pagedCapsules(
  call: Call,
  condition: ConditionData,
  query: CapsuleQuery,
  frame: readonly [before: string, after: string] = ['', ''],
): Reply<never> {
  if (query.end < query.start) throw new SeeqError(400, 'The end of the range lies before its start');
  const limit = query.limit ?? DEFAULT_PAGE;
  const byToken = call.server.release >= 63;
  const from = byToken ? decodeToken(call.address, query.continuationToken) : undefined;
  const all = startingFrom(shown(condition).overlapping(query.start, query.end), from ?? BEFORE_ALL);
  const page: Page = { next: undefined };
  const part = byToken ? pageOf(all, startOf, limit, page) : pageByOffset(all, query.offset ?? 0, limit);
  const text = capsulesText(part, {
    limit,
    keys: query.keys,
    nulls: call.nulls,
    token: () => (page.next === undefined ? undefined : encodeToken(call.address, page.next)),
  });
  return { text: around(frame, text) };
}

function* around([before, after]: readonly [string, string], text: Iterable<string>): Generator<string> {
  yield before;
  yield* text;
  yield after;
}

function startOf(capsule: Capsule): bigint {
  return capsule.start ?? BEFORE_ALL;
}

function* startingFrom(capsules: Iterable<Capsule>, from: bigint): Generator<Capsule> {
  for (const capsule of capsules) if (startOf(capsule) >= from) yield capsule;
}

export const conditionHandlers: Handlers = {
  get_conditions: ({ server, parameters }) => {
    const all = [...server.plant.ofType('StoredCondition', 'CalculatedCondition')].filter((item) => !item.archived);
    const { part, frame, totalResults } = listPage(all, parameters, '/conditions');
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_condition: ({ server, parameters }) => ({
    body: conditionOf(readable(server.plant, parameters.id, 'condition')),
  }),
  get_capsules: (call) => {
    const { parameters: query } = call;
    if (query.unitOfMeasure !== undefined && query.unitOfMeasure !== 'ns') {
      throw new SeeqError(400, `Times cannot be converted to '${query.unitOfMeasure}'; the simulator knows ns only`);
    }
    const item = readable(call.server.plant, query.id, 'condition');
    checkOnline(call.server.plant, item);
    const { condition } = item;
    // Without a time format, capsules of a condition have ISO 8601 times, other than those of a formula.
    const keys = query.timeFormat === 'Nanoseconds' || query.unitOfMeasure === 'ns' ? 'ns' : 'iso';
    return pagedCapsules(call, condition, {
      ...query,
      keys,
      start: parseTime(query.start, 'start'),
      end: parseTime(query.end, 'end'),
    });
  },
};
