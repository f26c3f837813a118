import { z } from 'zod';
import { failedHost, failedItem } from '../../src/contract/functions/common.ts';
import { snapshotItem } from '../../src/contract/functions/data.ts';
import type { FunctionDeclaration } from '../../src/contract/functions/define.ts';
import { assetSchema, conditionSchema, tagSchema, timeframeSchema } from '../../src/contract/functions/search.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { seriesChunkSchema } from '../../src/contract/series.ts';
import { type Example, runExamples } from './examples.ts';
import { jsonBlock, page, table } from './markdown.ts';
import { membersTable, paramsTable } from './schema-table.ts';

/** What the kinds of items are called; an item of any other schema is just an item. */
const itemNames = new Map<z.ZodType, string>([
  [tagSchema, 'A tag'],
  [assetSchema, 'An asset'],
  [conditionSchema, 'A condition, with `definitions: true`'],
  [timeframeSchema, 'A timeframe'],
  [snapshotItem, 'A value'],
  [seriesChunkSchema, 'A series, or a chunk of one'],
]);
/** Explained once, at the top. */
const failures = new Map<z.ZodType, string>([
  [failedItem, 'an item that failed'],
  [failedHost, 'a server that failed'],
]);

/** `docs/functions.md`: every function, out of its declaration, with answers of the driver to the questions shown. */
export async function functionsPage(): Promise<string> {
  const examples = await runExamples();
  const rows = functionTable.map(({ name, type, description, unsupported }) => [
    unsupported === undefined ? `[\`${name}\`](#${name})` : `\`${name}\``,
    type,
    description,
    unsupported === undefined ? 'yes' : `no: ${unsupported}`,
  ]);
  return page([
    '# Functions',
    '<!-- Generated from src/contract/functions by "npm run generate". -->',
    'Use this page to look up the functions, their parameters and their items, with a real request and answer for each. IOTA documents the names and types of the functions for its drivers; the parameters and items are our own, see [the contract](contract.md). The function `functions` returns this list for a running driver, with the JSON Schema of the parameters and the configured limits.',
    table(['function', 'type', 'what it does', 'supported'], rows),
    'An unknown parameter is refused, and the error names it. A member with a question mark may be absent.',
    '## Items that failed',
    `If some items of a request fail and others do not, the answer has the status \`partial\`, and each failure is a separate item among the others.`,
    '**An item that failed** (`snapshot`, `discrete`, ...):',
    membersTable(failedItem),
    '**A server that failed**, or one of its hits (searches):',
    membersTable(failedHost),
    '## About the examples',
    'The answers below are real answers of the driver to the requests shown, at 2026-01-31T08:00:00Z, with the plant of `npm run simulator -- --name plant-a`. The ids below exist in a plant with this name, so you can send the requests unchanged. Only `elapsedMs`, `sourceMs` and `latencyMs` are replaced by fixed numbers.',
    ...functionTable
      .filter(({ unsupported }) => unsupported === undefined)
      .flatMap((declaration) => section(declaration, examples.get(declaration.name))),
  ]);
}

function section(declaration: FunctionDeclaration, example: Example | undefined): string[] {
  const { name, type, description, params, item } = declaration;
  const kinds = item instanceof z.ZodUnion ? (item.options as z.ZodType[]) : [item];
  const known = kinds.filter((kind) => !failures.has(kind));
  const others = kinds.flatMap((kind) => failures.get(kind) ?? []);
  return [
    `## ${name}`,
    `${description}. Type ${type}.`,
    '**Parameters**',
    paramsTable(params),
    '**Items**',
    ...known.flatMap((kind) => [...(itemNames.has(kind) ? [`${itemNames.get(kind) ?? ''}:`] : []), membersTable(kind)]),
    ...(others.length === 0 ? [] : [`Or ${others.join(', or ')}, see [above](#items-that-failed).`]),
    ...(example ? shown(example, item) : []),
  ];
}

/** The example, held against the declared schema first: a page that shows what the schema forbids would be wrong. */
function shown({ request, answer, left, isLong }: Example, item: z.ZodType): string[] {
  z.array(item).parse((answer as { items: unknown }).items);
  return [
    '**Request**',
    jsonBlock(request),
    isLong
      ? '**Answer**, its last message, with the items of all'
      : left === 0
        ? '**Answer**'
        : `**Answer**, without ${left} further items`,
    jsonBlock(answer),
  ];
}
