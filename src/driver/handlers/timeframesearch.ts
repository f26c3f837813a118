/** `timeframesearch`: finds conditions, or their timeframes in a range. */
import type { z } from 'zod';
import { timeframesearch as declaration } from '../../contract/functions/search.ts';
import { DriverError } from '../../contract/errors.ts';
import { formatFqn } from '../../contract/fqn.ts';
import { resolveRange } from '../../contract/time.ts';
import { isUnreadable } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import { eachItem } from '../items.ts';
import { checkRange } from '../limits.ts';
import { failUnreadable, foundItem, searchPage } from '../search/pages.ts';
import { searchScope } from '../search/scope.ts';
import { type Condition, conditionOnly, pagedRange, timeframePage } from '../search/timeframes.ts';

type Params = z.infer<typeof declaration.params>;

/** Conditions that one search may read; more would be thousands of calls for one page. */
const MOST_CONDITIONS = 200;
const AT_ONCE = 16;

export const timeframesearch = handler(
  declaration,
  async (params, context) => {
    const { cursor, limit, ...rest } = params;
    const { hosts, query } = searchScope(params, context);
    const question = ['timeframesearch', rest, hosts.map(({ source }) => source.name)];
    if (params.definitions) {
      const search = { hosts, kinds: ['condition' as const], query: { ...query, orderBy: 'name' as const } };
      await searchPage(
        { ...search, cursor, question, emit: (found, kind, host) => context.emit(foundItem(found, kind, host)) },
        context,
      );
      return;
    }
    const range = pagedRange(cursor, question) ?? resolveRange(params, { now: context.now, timeZone: params.timeZone });
    checkRange(range, context.limits);
    const conditions = params.conditions
      ? await namedConditions(params.conditions, context)
      : await foundConditions(params, context);
    const { where, minDurationMs, open, order } = params;
    await timeframePage(conditions, { range, where, minDurationMs, open, order, limit, cursor, question }, context);
  },
  ['searchLimit', 'rangeDays'],
);

/** Conditions given by name, each once; one that cannot be read fails alone. */
async function namedConditions(texts: string[], context: RequestContext): Promise<Condition[]> {
  const conditions: Condition[] = [];
  await eachItem(context, [...new Set(texts)], AT_ONCE, async ({ fqn, index, text }, host) => {
    conditionOnly(fqn.kind, text);
    const { name } = await host.source.properties(fqn.id, context.callTo(host));
    conditions.push({ host, id: fqn.id, name, label: { index, fqn: text } });
  });
  return conditions;
}

/** Conditions that match the search. */
async function foundConditions(params: Params, context: RequestContext): Promise<Condition[]> {
  const { hosts, query } = searchScope(params, context);
  const conditions: Condition[] = [];
  await Promise.all(
    hosts.map((host) =>
      context.part({ host: host.source.name }, async () => {
        const search = { ...query, kind: 'condition', orderBy: 'name', offset: 0, limit: MOST_CONDITIONS } as const;
        const { found, more } = await host.source.search(search, context.callTo(host));
        if (more) throw tooManyConditions();
        const { scheme, name } = host.source;
        for (const hit of found) {
          if (isUnreadable(hit)) {
            await failUnreadable(hit, 'condition', host, context);
            continue;
          }
          const fqn = formatFqn({ scheme, host: name, kind: 'condition', id: hit.id });
          conditions.push({ host, id: hit.id, name: hit.name, label: { fqn } });
        }
      }),
    ),
  );
  return conditions;
}

function tooManyConditions(): DriverError {
  return new DriverError(
    'tooLarge',
    `More than ${MOST_CONDITIONS} conditions match; narrow "query", or name the "conditions".`,
    { details: { field: 'query', limit: MOST_CONDITIONS } },
  );
}
