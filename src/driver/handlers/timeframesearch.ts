/** `timeframesearch`: finds conditions, or their timeframes in a range. */
import type { z } from 'zod';
import { timeframesearch as declaration } from '../../contract/functions/search.ts';
import { DriverError } from '../../contract/errors.ts';
import { formatFqn } from '../../contract/fqn.ts';
import { resolveRange } from '../../contract/time/time.ts';
import { isUnreadable, type PropertyReader } from '../../sources/source.ts';
import { checkAbilities, finderOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { eachItem, type RequestedItem } from '../items.ts';
import { checkRange } from '../limits/request-limits.ts';
import { failUnreadable, foundItem, searchPage } from '../search/pages.ts';
import { searchScope } from '../search/scope.ts';
import { foldedFilters } from '../search/timeframe-filters.ts';
import { type Condition, conditionOnly, pagedRange, timeframePage } from '../search/timeframes.ts';

type Params = z.infer<typeof declaration.params>;

/** Most conditions of one search. More would need thousands of calls for one page. */
const MOST_CONDITIONS = 200;
const AT_ONCE = 16;

export const timeframesearch = handler(
  declaration,
  async (params, context) => {
    const { cursor, limit, ...rest } = params;
    const { hosts, needs, query } = searchScope('timeframes', params, context);
    const question = ['timeframesearch', rest, hosts.map(({ source }) => source.name)];
    if (params.definitions) {
      const search = { hosts, needs, kinds: ['condition' as const], query: { ...query, orderBy: 'name' as const } };
      await searchPage(
        { ...search, cursor, question, emit: (found, kind, host) => context.emitFound(foundItem(found, kind, host)) },
        context,
      );
      return;
    }
    const range = pagedRange(cursor, question) ?? resolveRange(params, { now: context.now, timeZone: params.timeZone });
    checkRange(range, context.limits);
    const named = params.conditions;
    const readAll = (read: Read) => (named ? readNamed(named, read, context) : readFound(params, read, context));
    const { minDurationMs, open, order } = params;
    const where = foldedFilters(params.where);
    await timeframePage(readAll, { range, where, minDurationMs, open, order, limit, cursor, question }, context);
  },
  ['searchLimit', 'rangeDays'],
  'timeframes',
);

type Read = (condition: Condition) => Promise<void>;

/** Reads the named conditions, each once. An unreadable one fails alone. */
async function readNamed(texts: string[], read: Read, context: RequestContext): Promise<void> {
  const first = new Map(texts.map((text, index) => [text, index] as const).reverse());
  const readOne = async ({ fqn, index, text }: RequestedItem, host: Host, source: PropertyReader): Promise<void> => {
    conditionOnly(fqn.kind, text);
    const { name } = await source.properties(fqn.id, context.callTo(host));
    await read({ host, id: fqn.id, name, label: { index, fqn: text } });
  };
  const skip = (index: number): boolean => first.get(texts[index] ?? '') !== index;
  await eachItem(context, { items: texts, ability: 'timeframes', skip }, AT_ONCE, readOne);
}

/** Reads the conditions that match the search. */
async function readFound(params: Params, read: Read, context: RequestContext): Promise<void> {
  const { hosts, needs, query } = searchScope('timeframes', params, context);
  await Promise.all(
    hosts.map((host) =>
      context.using(host, async () => {
        const conditions: Condition[] = [];
        const { scheme, name } = host.source;
        const fqnOf = (id: string) => formatFqn({ scheme, host: name, kind: 'condition', id });
        await context.part(
          { host: host.source.name },
          async () => {
            checkAbilities(host, needs);
            const search = { ...query, kind: 'condition', orderBy: 'name', offset: 0, limit: MOST_CONDITIONS } as const;
            const { found, more } = await finderOf(host, 'condition').search(search, context.callTo(host));
            if (more) throw tooManyConditions();
            for (const hit of found) {
              if (isUnreadable(hit)) await failUnreadable(hit, 'condition', host, context);
              else conditions.push({ host, id: hit.id, name: hit.name, label: { fqn: fqnOf(hit.id) } });
            }
            return conditions.length > 0 ? 'found' : 'read';
          },
          host,
        );
        await Promise.all(conditions.map((condition) => context.part(condition.label, () => read(condition), host)));
      }),
    ),
  );
}

function tooManyConditions(): DriverError {
  return new DriverError(
    'tooLarge',
    `More than ${MOST_CONDITIONS} conditions match; narrow "query", or name the "conditions".`,
    { details: { field: 'query', limit: MOST_CONDITIONS } },
  );
}
