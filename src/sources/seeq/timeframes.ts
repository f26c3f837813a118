/** Reading the capsules of a condition. */
import { DriverError } from '../../contract/errors.ts';
import { compareStarts, compareUtc, formatInstant, type Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { SourceCall, Timeframe } from '../source.ts';
import { propertyValue } from './hits.ts';
import { UnreadableReply } from './reply.ts';
import { parseWithKeys, toTime } from './samples.ts';
import type { components } from './seeq-api.generated.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';
import { pagesByToken } from './version.ts';

type Capsule = components['schemas']['CapsuleV1'];
type CapsulesBody = components['schemas']['CapsulesOutputV1'];

const NS_PER_DAY = 86_400_000_000_000n;

/** Capsules in one call; a page must hold all capsules with an equal start, or the server refuses to page. */
const PAGE = 5000;

/** Where a page begins: by token from R63 on, by offset before. */
interface Position {
  continuationToken?: string;
  offset?: number;
}

/** Pages of capsules that overlap the range, ascending by start; one without a start comes first. */
export async function* readTimeframes(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  call: SourceCall,
): AsyncGenerator<Timeframe[]> {
  const query = {
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    limit: PAGE,
    timeFormat: 'ISO8601' as const,
  };
  let position: Position | undefined = {};
  let count = 0;
  let begin: Timeframe | undefined;
  let last: Timeframe | undefined;
  while (position) {
    const at: Position = position;
    const operation: Operation<string> = (client, signal) =>
      client.GET('/conditions/{id}/capsules', {
        params: { path: { id: conditionId }, query: { ...query, ...at } },
        parseAs: 'text',
        signal,
      });
    const { page, next, limit }: DecodedPage = await server.askFor(call, operation, decodeTimeframes, {
      share: shareKey('capsules', conditionId, query, at),
    });
    count += page.length;
    const full = page.length > 0 && page.length >= Math.min(PAGE, limit);
    if (next !== undefined) position = { continuationToken: next };
    // Before R63 there are no tokens: a full page is followed by the one at its offset.
    else position = full && !(await pagesByToken(server, call)) ? { offset: count } : undefined;
    const [first] = page;
    // A server that knows no offset gives its first page again and again.
    if (at.offset !== undefined && first && first.id === begin?.id) throw cannotPage(server.name, count);
    begin = first;
    if (last && first && byStart(last, first) > 0) {
      throw new DriverError('sourceError', `Server "${server.name}" gave timeframes out of order.`);
    }
    last = page.at(-1) ?? last;
    yield page;
  }
}

/** Lengths of the ranges, in days, in which the latest timeframe is looked for one after the other. */
const LOOK_BACK_DAYS = [1, 8, 64, 512, 4096];

/**
 * The latest timeframe at or before a time: of those in the shortest range that holds any, the one that began last.
 * Undefined when there is none in eleven years.
 */
export async function latestTimeframe(
  server: SeeqServer,
  conditionId: string,
  time: Nanoseconds,
  call: SourceCall,
): Promise<Timeframe | undefined> {
  const text = formatInstant(time);
  for (const days of LOOK_BACK_DAYS) {
    let latest: Timeframe | undefined;
    const range = { start: time - BigInt(days) * NS_PER_DAY, end: time };
    for await (const page of readTimeframes(server, conditionId, range, call)) {
      latest = page.findLast(({ start }) => start === undefined || compareUtc(start, text) <= 0) ?? latest;
    }
    if (latest) return latest;
  }
  return undefined;
}

interface DecodedPage {
  page: Timeframe[];
  next: string | undefined;
  limit: number;
}

/** A page of `GET /conditions/{id}/capsules`. */
function decodeTimeframes(text: string): DecodedPage {
  const body = parseWithKeys(text, hasNumericKeys) as Partial<CapsulesBody> | null;
  const capsules = body?.capsules;
  if (!Array.isArray(capsules)) throw new UnreadableReply('its answer holds no list of capsules');
  const token = body?.continuationToken;
  return {
    page: capsules.map(toTimeframe).sort(byStart),
    next: typeof token === 'string' && token !== '' ? token : undefined,
    // A server may give fewer than asked for.
    limit: body?.limit ?? PAGE,
  };
}

function toTimeframe(capsule: Capsule): Timeframe {
  const start = optionalTime(capsule.start);
  const end = optionalTime(capsule.end);
  const attributes: Timeframe['attributes'] = {};
  for (const property of capsule.properties ?? []) attributes[property.name] = propertyValue(property);
  return {
    // Where the server gives no id (or null), start and end are the identity.
    id: typeof capsule.id === 'string' && capsule.id !== '' ? capsule.id : `${start ?? ''}_${end ?? ''}`,
    start,
    end,
    uncertain: capsule.isUncertain === true,
    attributes,
  };
}

const byStart = (a: Timeframe, b: Timeframe): number => compareStarts(a.start, b.start);

/** Taking what came for all there is would lose timeframes in silence. */
function cannotPage(server: string, count: number): DriverError {
  return new DriverError(
    'tooLarge',
    `Server "${server}" gave ${count} timeframes and no next page; ask a shorter range.`,
  );
}

const optionalTime = (key: unknown): string | undefined =>
  key === undefined || key === null || key === '' ? undefined : toTime(key);

function hasNumericKeys(body: unknown): boolean {
  const capsules = (body as CapsulesBody | null)?.capsules;
  return (
    Array.isArray(capsules) && capsules.some(({ start, end }) => typeof start === 'number' || typeof end === 'number')
  );
}
